import { expect, test } from "vitest";
import { readRequest } from "../../../src/dialects/chat-completions/read-request.ts";
import { MESSAGES } from "../../case.ts";

test("every field has its place in the request", () => {
  const schema = { type: "object", properties: { city: { type: "string" } } };
  const format = { type: "json_schema", json_schema: { name: "weather", schema, strict: true } };

  const parsed = readRequest({
    model: "fast",
    messages: MESSAGES,
    max_tokens: 1,
    max_completion_tokens: 2,
    temperature: 0,
    top_p: 0.5,
    seed: 7,
    stop: "END",
    tools: [
      { type: "function", function: { name: "weather", parameters: schema } },
      { type: "function", function: { name: "now" } },
    ],
    tool_choice: { type: "function", function: { name: "weather" } },
    response_format: format,
    stream: true,
    stream_options: { include_usage: true },
    n: 1,
    top_k: 40,
    presence_penalty: 0.5,
    frequency_penalty: -0.5,
    parallel_tool_calls: false,
    reasoning_effort: "minimal",
    store: null,
  });

  expect(parsed).toEqual({
    chat: {
      model: "fast",
      messages: MESSAGES,
      maxOutputTokens: 2,
      temperature: 0,
      topP: 0.5,
      seed: 7,
      stopSequences: ["END"],
      tools: [
        { name: "weather", parameters: schema },
        { name: "now", parameters: { type: "object", properties: {} } },
      ],
      toolChoice: { name: "weather" },
      responseFormat: { type: "json", schema, name: "weather", strict: true },
      topK: 40,
      presencePenalty: 0.5,
      frequencyPenalty: -0.5,
      parallelToolCalls: false,
      reasoningEffort: "minimal",
    },
    stream: true,
    includeUsage: true,
    legacyFunctions: false,
  });
});

test("fields that the contract does not name travel on, nested ones at their place", () => {
  const { chat } = readRequest({
    messages: [
      { role: "system", content: "Be brief.", cache_control: { type: "ephemeral" } },
      {
        role: "user",
        name: "ann",
        content: [
          { type: "text", text: "What is it?", cache_control: { type: "ephemeral" } },
          { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } },
        ],
      },
    ],
    tools: [
      {
        type: "function",
        cache_control: {},
        function: { name: "now", defer_loading: true, description: null },
      },
    ],
    stream_options: { include_usage: false, include_obfuscation: false },
    response_format: {
      type: "json_schema",
      json_schema: { name: "a", description: "b", strict: false, x: 1 },
    },
    reasoning_effort: "max",
    logit_bias: { 1: 2 },
    user: null,
  });

  expect(chat.extraFields).toEqual({
    logit_bias: { 1: 2 },
    reasoning_effort: "max",
    stream_options: { include_obfuscation: false },
    response_format: { json_schema: { x: 1 } },
  });
  expect(chat.messages).toEqual([
    { role: "system", content: "Be brief.", extraFields: { cache_control: { type: "ephemeral" } } },
    {
      role: "user",
      name: "ann",
      content: [
        { type: "text", text: "What is it?", extraFields: { cache_control: { type: "ephemeral" } } },
        {
          type: "image",
          data: new URL("https://example.com/a.png"),
          extraFields: { image_url: { detail: "low" } },
        },
      ],
    },
  ]);
  expect(chat.tools?.[0]?.extraFields).toEqual({ cache_control: {}, function: { defer_loading: true } });
  expect(chat.responseFormat).toEqual({ type: "json", name: "a", description: "b", strict: false });
});

test("functions of the legacy form are tools, one call at a time", () => {
  const { chat, legacyFunctions } = readRequest({
    messages: [
      { role: "user", content: "When?" },
      { role: "assistant", content: null, function_call: { name: "now", arguments: "{}" } },
      { role: "function", name: "now", content: "12:00" },
    ],
    functions: [{ name: "now" }],
    function_call: { name: "now" },
  });

  expect(legacyFunctions).toBe(true);
  expect(chat).toMatchObject({
    tools: [{ name: "now", parameters: { type: "object", properties: {} } }],
    toolChoice: { name: "now" },
    parallelToolCalls: false,
    messages: [
      { role: "user" },
      { role: "assistant", toolCalls: [{ id: "call_now", name: "now", arguments: "{}" }] },
      { role: "tool", toolCallId: "call_now", toolName: "now", content: "12:00" },
    ],
  });
});

test("a seed of 64 bits becomes one that a number holds exactly, the same to the same and others to others", () => {
  const seedOf = (text: string) => readRequest({ messages: MESSAGES, seed: JSON.parse(text) }).chat.seed;

  const seed = seedOf("9223372036854775807");

  expect(Number.isSafeInteger(seed)).toBe(true);
  expect(seedOf("9223372036854775807")).toBe(seed);
  expect(seedOf("9223372036854773760")).not.toBe(seed);
  expect(seedOf("-5")).toBe(-5);
});

test("a body of the Responses API is told where it belongs", () => {
  expect(() => readRequest({ model: "a", input: "hi" })).toThrow("/v1/responses");
});

test.each([
  ["auto", "auto"],
  ["none", "none"],
  ["required", "required"],
])("the tool choice %s is handed on", (choice, expected) => {
  expect(readRequest({ messages: MESSAGES, tool_choice: choice }).chat.toolChoice).toBe(expected);
});

test.each([
  [{ type: "text" }, { type: "text" }],
  [{ type: "json_object" }, { type: "json" }],
])("the response format %j is handed on", (format, expected) => {
  expect(readRequest({ messages: MESSAGES, response_format: format }).chat.responseFormat).toEqual(expected);
});

test.each([
  ["body", 1],
  ["messages", {}],
  ["messages", { messages: [] }],
  ["messages[0]", { messages: ["hi"] }],
  ["messages[0].role", { messages: [{ role: "critic", content: "" }] }],
  ["messages[0].name", { messages: [{ role: "function", content: "" }] }],
  ["n", { messages: MESSAGES, n: 2 }],
  ["model", { messages: MESSAGES, model: 1 }],
  ["stream", { messages: MESSAGES, stream: "yes" }],
  ["stream_options", { messages: MESSAGES, stream_options: true }],
  ["temperature", { messages: MESSAGES, temperature: "hot" }],
  ["max_tokens", { messages: MESSAGES, max_tokens: 1.5 }],
  ["stop", { messages: MESSAGES, stop: [1] }],
  ["tools[0].type", { messages: MESSAGES, tools: [{ type: "retrieval" }] }],
  ["tools[0].function.name", { messages: MESSAGES, tools: [{ type: "function", function: {} }] }],
  ["tool_choice", { messages: MESSAGES, tool_choice: "any" }],
  ["response_format.type", { messages: MESSAGES, response_format: { type: "xml" } }],
])("a wrong %s is refused by its name", (param, body) => {
  expect(() => readRequest(body)).toThrow(expect.objectContaining({ status: 400, param }));
});
