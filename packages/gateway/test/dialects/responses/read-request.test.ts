import { expect, test } from "vitest";
import {
  type RequestSources,
  type ResponseRequest,
  readRequest,
} from "../../../src/dialects/responses/read-request.ts";

const NOTHING: RequestSources = {
  remembers: true,
  findItem(id) {
    throw new Error(`no item ${id}`);
  },
  findConversation(id) {
    throw new Error(`no response ${id}`);
  },
  openSummary() {
    throw new Error("no seal");
  },
};

function read(body: object, sources: Partial<RequestSources> = {}): ResponseRequest {
  return readRequest({ model: "auto", input: "hi", ...body }, { ...NOTHING, ...sources });
}

/** The messages of items. */
function messagesOf(...input: readonly object[]): readonly unknown[] {
  return JSON.parse(JSON.stringify(read({ input }).chat.messages));
}

const USER = { role: "user", content: "hi" };
const CALL = { type: "function_call", call_id: "c1", name: "now", arguments: "{}" };
const RESULT = { type: "function_call_output", call_id: "c1", output: "12:00" };

test("every field that the contract has is read", () => {
  const { chat, stream } = read({
    instructions: "Be brief",
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    presence_penalty: 0.1,
    frequency_penalty: 0.2,
    parallel_tool_calls: false,
    reasoning: { effort: "xhigh", summary: "auto" },
    tools: [
      { type: "function", name: "now", parameters: { type: "object" }, strict: true, description: "Tells" },
    ],
    tool_choice: { type: "function", name: "now" },
    text: {
      format: { type: "json_schema", name: "n", schema: { type: "object" }, strict: false, description: "d" },
    },
    stream: true,
  });

  expect(stream).toBe(true);
  expect(chat).toEqual({
    model: "auto",
    messages: [{ role: "system", content: "Be brief" }, USER],
    maxOutputTokens: 100,
    temperature: 0.5,
    topP: 0.9,
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    parallelToolCalls: false,
    reasoningEffort: "xhigh",
    tools: [{ name: "now", parameters: { type: "object" }, strict: true, description: "Tells" }],
    toolChoice: { name: "now" },
    responseFormat: { type: "json", schema: { type: "object" }, name: "n", strict: false, description: "d" },
  });
});

test("what was not said is not said on, and null counts as nothing", () => {
  const nothing = Object.fromEntries(
    [
      "instructions",
      "temperature",
      "tools",
      "tool_choice",
      "reasoning",
      "store",
      "metadata",
      "previous_response_id",
    ].map((name) => [name, null]),
  );
  const { chat, warnings } = read({ ...nothing, text: {}, tools: [{ type: "function", name: "now" }] });
  const schema = { type: "json_schema", name: "n", schema: {} };

  const said = Object.entries(chat).filter(([, value]) => value !== undefined);
  expect(said.map(([name]) => name).sort()).toEqual(["messages", "model", "tools"]);
  expect(chat.tools).toEqual([{ name: "now", parameters: { type: "object", properties: {} } }]);
  expect(warnings).toEqual([]);
  expect(read({ text: { format: schema } }).chat.responseFormat).not.toHaveProperty(
    "strict",
    expect.any(Boolean),
  );
});

test("fields that the contract does not name are extra, nested ones too; those of a server alone are not", () => {
  const { chat } = read({
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: "hi", cache_control: { type: "ephemeral" } },
          { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "low" },
        ],
      },
      {
        type: "message",
        role: "assistant",
        phase: "commentary",
        content: [{ type: "output_text", text: "a", annotations: [] }],
      },
    ],
    tools: [{ type: "function", name: "now", defer_loading: true }],
    text: { verbosity: "low" },
    reasoning: { effort: "ultra" },
    service_tier: "flex",
    top_k: 5,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: "k",
    client_metadata: {},
    stream_options: { include_obfuscation: false },
  });

  expect(chat.extraFields).toEqual({
    top_k: 5,
    text: { verbosity: "low" },
    reasoning: { effort: "ultra" },
    service_tier: "flex",
  });
  expect(chat.messages).toMatchObject([
    {
      content: [
        { text: "hi", extraFields: { cache_control: { type: "ephemeral" } } },
        { type: "image", data: "AAAA", mediaType: "image/png", extraFields: { detail: "low" } },
      ],
    },
    { content: "a", extraFields: { phase: "commentary" } },
  ]);
  expect(chat.tools).toMatchObject([{ extraFields: { defer_loading: true } }]);
});

test("texts, images, files and recordings are read", () => {
  const content = [
    { type: "input_text", text: "Look" },
    { type: "input_image", image_url: "https://example.com/a.png" },
    { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" },
    { type: "input_file", file_url: "https://example.com/b.pdf" },
    { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
  ];

  expect(messagesOf({ role: "user", content })).toEqual([
    {
      role: "user",
      content: [
        { type: "text", text: "Look" },
        { type: "image", data: "https://example.com/a.png" },
        { type: "file", data: "AAAA", mediaType: "application/pdf", name: "a.pdf" },
        { type: "file", data: "https://example.com/b.pdf" },
        { type: "file", data: "AAAA", mediaType: "audio/mpeg", name: "audio.mp3" },
      ],
    },
  ]);
});

test("developers are systems, and a refusal is text", () => {
  expect(
    messagesOf(
      { role: "developer", content: [{ type: "input_text", text: "Be brief" }] },
      { type: "message", role: "assistant", content: [{ type: "refusal", refusal: "no" }] },
    ),
  ).toEqual([
    { role: "system", content: "Be brief" },
    { role: "assistant", content: "no" },
  ]);
});

test("what the model did in one turn is one message, and its results follow", () => {
  const second = { ...CALL, call_id: "c2" };
  const text = { type: "message", role: "assistant", content: "I look." };

  expect(
    messagesOf(
      USER,
      { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
      text,
      CALL,
      second,
      RESULT,
      {
        ...RESULT,
        call_id: "c2",
        output: [{ type: "input_text", text: "13:00" }],
      },
    ),
  ).toEqual([
    USER,
    {
      role: "assistant",
      reasoning: [{ text: "hm" }],
      content: "I look.",
      toolCalls: [
        { id: "c1", name: "now", arguments: "{}" },
        { id: "c2", name: "now", arguments: "{}" },
      ],
    },
    { role: "tool", toolCallId: "c1", toolName: "now", content: "12:00" },
    { role: "tool", toolCallId: "c2", toolName: "now", content: [{ type: "text", text: "13:00" }] },
  ]);
});

test("text behind a call stays in its message, because the result must follow; text behind text is a message of its own", () => {
  const text = { type: "message", role: "assistant", content: "said" };

  expect(messagesOf(CALL, text, RESULT, text, text)).toMatchObject([
    { role: "assistant", content: "said", toolCalls: [{ id: "c1" }] },
    { role: "tool" },
    { role: "assistant", content: "said" },
    { role: "assistant", content: "said" },
  ]);
});

test("calls of custom tools are calls of a function with one text", () => {
  const call = { type: "custom_tool_call", call_id: "c1", name: "patch", input: '"a"\n' };

  expect(messagesOf(call, { type: "custom_tool_call_output", call_id: "c1", output: "ok" })).toMatchObject([
    { toolCalls: [{ name: "patch", arguments: JSON.stringify({ input: '"a"\n' }) }] },
    { role: "tool", toolCallId: "c1", content: "ok" },
  ]);
});

test("items that nobody here knows, and reasoning that another server encrypted, are left out with a warning", () => {
  const { chat, warnings } = read({
    input: [
      USER,
      { type: "web_search_call", id: "ws_1", status: "completed" },
      { type: "acme:trace", id: "t" },
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAA" },
    ],
  });

  expect(chat.messages).toEqual([USER]);
  expect(warnings.map(({ message }) => message)).toEqual([
    "items of the type web_search_call are left out",
    "items of the type acme:trace are left out",
    "reasoning that another server encrypted is left out",
  ]);
});

test("only the tools that are allowed are offered", () => {
  const tools = ["a", "b"].map((name) => ({ type: "function", name }));
  const tool_choice = { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "b" }] };

  const { chat, echo } = read({ tools, tool_choice });

  expect(chat).toMatchObject({ tools: [{ name: "b" }], toolChoice: "required" });
  expect(echo).toMatchObject({ tools: [{ name: "a" }, { name: "b" }], tool_choice });
});

test("a choice among tools of which none is left does not reach a provider", () => {
  const { chat } = read({ tools: [{ type: "web_search" }], tool_choice: "auto" });

  expect([chat.tools, chat.toolChoice]).toEqual([undefined, undefined]);
});

test.each([
  [{ input: undefined }, "`input` is wrong"],
  [{ input: [] }, "`input` is wrong, expected a text, or at least one item"],
  [{ input: undefined, messages: [USER] }, "/v1/chat/completions"],
  [{ input: 7 }, "`input` is the number 7, expected a list"],
  [{ input: ["hi"] }, "`input[0]` is a text, expected an object"],
  [{ input: [{ role: "tool", content: "x" }] }, "`input[0].role` is wrong"],
  [{ input: [{ role: "user", content: [{ type: "input_video" }] }] }, "`input[0].content[0].type` is wrong"],
  [
    { input: [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }] },
    "`input[0].content[0].file_id`",
  ],
  [
    { input: [{ role: "user", content: [{ type: "input_file", file_id: "f" }] }] },
    "`input[0].content[0].file_id`",
  ],
  [
    { input: [{ role: "user", content: [{ type: "input_image", image_url: "file:///a" }] }] },
    "an http, https or data URL",
  ],
  [{ input: [RESULT] }, "`input[0].call_id` is wrong, expected the id of a call before it"],
  [{ input: [{ ...CALL, arguments: {} }] }, "`input[0].arguments` is an object, expected a text"],
  [{ background: true }, "`background` is not supported"],
  [{ conversation: "conv_1" }, "`conversation` is not supported"],
  [{ prompt: { id: "p" } }, "`prompt` is not supported"],
  [{ tools: [{ name: "a" }] }, "`tools[0].type` is missing"],
  [{ tools: [{ type: "web_search" }], tool_choice: { type: "web_search" } }, "`tool_choice` is wrong"],
  [{ tools: [{ type: "web_search" }], tool_choice: "required" }, "`tool_choice` is wrong"],
  [{ tool_choice: { type: "function", name: "none" } }, "`tool_choice` is wrong"],
  [{ text: { format: { type: "xml" } } }, "`text.format.type` is wrong"],
  [{ temperature: "hot" }, "`temperature` is a text, expected a number"],
] as const)("a body that is wrong is refused by the name of its field: %j", (body, expected) => {
  expect(() => read(body)).toThrow(expected);
});
