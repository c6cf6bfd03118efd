import { expect, test } from "vitest";
import { readChat, readGenerate } from "../../../src/dialects/ollama/read-request.ts";

const HI = [{ role: "user", content: "hi" }];
const SCHEMA = { type: "object", properties: { city: { type: "string" } } };
const FUNCTION = { name: "weather", description: "Tells it", parameters: SCHEMA };

function chatOf(body: object): object {
  return JSON.parse(JSON.stringify(readChat({ messages: HI, ...body }).chat));
}

function messagesOf(messages: readonly object[]): unknown {
  return (chatOf({ messages }) as { messages: unknown }).messages;
}

test("every field of the protocol is one of the contract", () => {
  expect(
    chatOf({
      model: "auto",
      tools: [{ type: "function", function: FUNCTION }],
      think: "max",
      format: SCHEMA,
      keep_alive: "5m",
      options: {
        temperature: 0.5,
        top_p: 0.9,
        top_k: 40,
        seed: 7,
        num_predict: 100,
        stop: ["END"],
        presence_penalty: 0.1,
        frequency_penalty: 0.2,
        num_ctx: 8192,
      },
      truncate: true,
    }),
  ).toEqual({
    model: "auto",
    messages: HI,
    maxOutputTokens: 100,
    temperature: 0.5,
    topP: 0.9,
    topK: 40,
    seed: 7,
    stopSequences: ["END"],
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    reasoningEffort: "xhigh",
    tools: [FUNCTION],
    responseFormat: { type: "json", schema: SCHEMA },
    extraFields: { truncate: true, options: { num_ctx: 8192 } },
  });
});

test.each([
  [{ think: true }, {}],
  [{ think: false }, { reasoningEffort: "none" }],
  [{ format: "json" }, { responseFormat: { type: "json" } }],
  [{ format: "" }, {}],
  [{ tools: [] }, {}],
  [{ options: { num_predict: -1, stop: "END" } }, { stopSequences: ["END"] }],
])("%j is %j", (body, chat) => {
  expect(chatOf(body)).toEqual({ messages: HI, ...chat });
});

test("a body streams unless it says otherwise", () => {
  expect(readChat({ messages: HI }).stream).toBe(true);
  expect(readChat({ messages: HI, stream: false }).stream).toBe(false);
});

test("images, thoughts and calls are read, and a result without an id finds its call by name and order", () => {
  expect(
    messagesOf([
      { role: "system", content: "be short" },
      { role: "user", content: "see", images: ["iVBORw0"] },
      {
        role: "assistant",
        content: "",
        thinking: "hm",
        tool_calls: [
          { function: { name: "now", arguments: { zone: "UTC" } } },
          { function: { name: "weather", arguments: { city: "Rome" } } },
          { function: { index: 2, name: "now", arguments: {} } },
          { id: "own", function: { name: "here" } },
        ],
      },
      { role: "tool", tool_name: "weather", content: "sunny" },
      { role: "tool", name: "now", content: "12:00" },
      { role: "tool", tool_call_id: "own", content: "Rome" },
      { role: "tool", content: "13:00" },
    ]),
  ).toEqual([
    { role: "system", content: "be short" },
    {
      role: "user",
      content: [
        { type: "text", text: "see" },
        { type: "image", data: "iVBORw0" },
      ],
    },
    {
      role: "assistant",
      content: "",
      reasoning: [{ text: "hm" }],
      toolCalls: [
        { id: "call_0", name: "now", arguments: '{"zone":"UTC"}' },
        { id: "call_1", name: "weather", arguments: '{"city":"Rome"}' },
        { id: "call_2", name: "now", arguments: "{}" },
        { id: "own", name: "here", arguments: "{}" },
      ],
    },
    { role: "tool", toolCallId: "call_1", toolName: "weather", content: "sunny" },
    { role: "tool", toolCallId: "call_0", toolName: "now", content: "12:00" },
    { role: "tool", toolCallId: "own", content: "Rome" },
    { role: "tool", toolCallId: "call_2", content: "13:00" },
  ]);
});

test("a single prompt is a message of the user, with its system text and images", () => {
  const { chat } = readGenerate({
    prompt: "see",
    system: "be short",
    images: ["iVBORw0"],
    raw: false,
    context: [],
  });

  expect(chat.messages).toEqual([
    { role: "system", content: "be short" },
    {
      role: "user",
      content: [
        { type: "text", text: "see" },
        { type: "image", data: "iVBORw0" },
      ],
    },
  ]);
});

test.each([
  [readChat, { messages: "hi" }, "messages"],
  [readChat, { messages: [{ role: "developer", content: "hi" }] }, "messages[0].role"],
  [readChat, { messages: [{ role: "tool", content: "12:00" }] }, "messages[0]"],
  [readChat, { messages: [{ role: "user", content: [] }] }, "messages[0].content"],
  [readChat, { messages: HI, think: "much" }, "think"],
  [readChat, { messages: HI, format: "xml" }, "format"],
  [readChat, { messages: HI, options: { num_predict: "all" } }, "options.num_predict"],
  [readChat, { messages: HI, tools: [{ type: "web" }] }, "tools[0].type"],
  [readGenerate, { prompt: "hi", raw: true }, "raw"],
  [readGenerate, { prompt: "hi", suffix: "}" }, "suffix"],
  [readGenerate, { prompt: "hi", context: [1, 2] }, "context"],
])("a body that cannot be is refused, and the field is named: %# %j", (read, body, param) => {
  expect(() => read(body)).toThrow(expect.objectContaining({ status: 400, param }));
});
