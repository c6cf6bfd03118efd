import { expect, test } from "vitest";
import { parseRequest } from "../src/parse-request.ts";
import { MESSAGES } from "./case.ts";

test("every field has its place in the request", () => {
  const schema = { type: "object", properties: { city: { type: "string" } } };
  const format = { type: "json_schema", json_schema: { name: "weather", schema, strict: true } };

  const parsed = parseRequest({
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
    user: "me",
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
      responseFormat: { type: "json", schema, name: "weather" },
    },
    stream: true,
    includeUsage: true,
    ignored: ["user"],
  });
});

test.each([
  ["auto", "auto"],
  ["none", "none"],
  ["required", "required"],
])("the tool choice %s is handed on", (choice, expected) => {
  expect(parseRequest({ messages: MESSAGES, tool_choice: choice }).chat.toolChoice).toBe(expected);
});

test.each([
  [{ type: "text" }, { type: "text" }],
  [{ type: "json_object" }, { type: "json" }],
])("the response format %j is handed on", (format, expected) => {
  expect(parseRequest({ messages: MESSAGES, response_format: format }).chat.responseFormat).toEqual(expected);
});

test.each([
  ["body", 1],
  ["messages", {}],
  ["messages", { messages: [] }],
  ["messages[0]", { messages: ["hi"] }],
  ["messages[0].role", { messages: [{ role: "function", content: "" }] }],
  ["n", { messages: MESSAGES, n: 2 }],
  ["model", { messages: MESSAGES, model: 1 }],
  ["stream", { messages: MESSAGES, stream: "yes" }],
  ["stream_options", { messages: MESSAGES, stream_options: true }],
  ["temperature", { messages: MESSAGES, temperature: "hot" }],
  ["max_completion_tokens", { messages: MESSAGES, max_tokens: 1.5 }],
  ["stop", { messages: MESSAGES, stop: [1] }],
  ["tools[0].type", { messages: MESSAGES, tools: [{ type: "retrieval" }] }],
  ["tools[0].function.name", { messages: MESSAGES, tools: [{ type: "function", function: {} }] }],
  ["tool_choice", { messages: MESSAGES, tool_choice: "any" }],
  ["response_format.type", { messages: MESSAGES, response_format: { type: "xml" } }],
])("a wrong %s is refused by its name", (param, body) => {
  expect(() => parseRequest(body)).toThrow(expect.objectContaining({ status: 400, param }));
});
