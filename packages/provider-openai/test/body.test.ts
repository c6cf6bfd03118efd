import type { ChatMessage, ChatRequest } from "@fallthrough/core";
import { expect, test } from "vitest";
import { formatBody } from "../src/body.ts";

const messages: ChatMessage[] = [{ role: "user", content: "Hello" }];
const TARGET = { provider: "openai", model: "m", dialect: {} };
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a);

test("a whole request becomes the fields of the API", () => {
  const request: ChatRequest = {
    messages: [
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "What is the " },
          { type: "text", text: "weather?" },
        ],
      },
      {
        role: "assistant",
        content: "",
        toolCalls: [{ id: "call_1", name: "get_weather", arguments: '{"city":"Oslo"}' }],
      },
      { role: "tool", content: "Rain", toolCallId: "call_1" },
    ],
    maxOutputTokens: 50,
    temperature: 0,
    topP: 0.9,
    seed: 7,
    stopSequences: ["END"],
    tools: [{ name: "get_weather", description: "Tells it", parameters: { type: "object" }, strict: true }],
    toolChoice: { name: "get_weather" },
    responseFormat: { type: "json", schema: { type: "object" }, name: "weather" },
  };

  expect(JSON.parse(JSON.stringify(formatBody(request, TARGET)))).toMatchInlineSnapshot(`
    {
      "max_tokens": 50,
      "messages": [
        {
          "content": "Be brief.",
          "role": "system",
        },
        {
          "content": "What is the weather?",
          "role": "user",
        },
        {
          "content": null,
          "role": "assistant",
          "tool_calls": [
            {
              "function": {
                "arguments": "{"city":"Oslo"}",
                "name": "get_weather",
              },
              "id": "call_1",
              "type": "function",
            },
          ],
        },
        {
          "content": "Rain",
          "role": "tool",
          "tool_call_id": "call_1",
        },
      ],
      "model": "m",
      "response_format": {
        "json_schema": {
          "name": "weather",
          "schema": {
            "type": "object",
          },
        },
        "type": "json_schema",
      },
      "seed": 7,
      "stop": [
        "END",
      ],
      "stream": true,
      "stream_options": {
        "include_usage": true,
      },
      "temperature": 0,
      "tool_choice": {
        "function": {
          "name": "get_weather",
        },
        "type": "function",
      },
      "tools": [
        {
          "function": {
            "description": "Tells it",
            "name": "get_weather",
            "parameters": {
              "type": "object",
            },
            "strict": true,
          },
          "type": "function",
        },
      ],
      "top_p": 0.9,
    }
  `);
});

test("what was not asked for is not sent", () => {
  expect(JSON.parse(JSON.stringify(formatBody({ messages, tools: [], toolChoice: "auto" }, TARGET)))).toEqual(
    {
      model: "m",
      messages: [{ role: "user", content: "Hello" }],
      stream: true,
      stream_options: { include_usage: true },
    },
  );
});

test.each([
  ["bytes of a known type", { data: PNG }, "data:image/png;base64,iVBORw0K"],
  ["bytes of an unknown type", { data: Uint8Array.of(1, 2, 3) }, "data:image/jpeg;base64,AQID"],
  ["bytes with their type", { data: PNG, mediaType: "image/x-icon" }, "data:image/x-icon;base64,iVBORw0K"],
  ["a view into a larger buffer", { data: PNG.subarray(1, 4) }, "data:image/jpeg;base64,UE5H"],
  ["base64 text", { data: "R0lGODlh" }, "data:image/gif;base64,R0lGODlh"],
  ["a data URL", { data: "data:image/webp;base64,UklGRg" }, "data:image/webp;base64,UklGRg"],
  ["an URL", { data: new URL("https://pictures.example/cat.png") }, "https://pictures.example/cat.png"],
])("an image given as %s becomes an URL", (_, part, url) => {
  const content = [{ type: "text", text: "Look" } as const, { type: "image", ...part } as const];

  const body = formatBody({ messages: [{ role: "user", content }] }, TARGET);

  expect(body["messages"]).toEqual([
    {
      role: "user",
      content: [
        { type: "text", text: "Look" },
        { type: "image_url", image_url: { url } },
      ],
    },
  ]);
});

test("a file goes with its name", () => {
  const part = { type: "file", data: "JVBERi0x", mediaType: "application/pdf", name: "a.pdf" } as const;

  const body = formatBody({ messages: [{ role: "user", content: [part] }] }, TARGET);

  expect(body["messages"]).toEqual([
    {
      role: "user",
      content: [
        { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0x" } },
      ],
    },
  ]);
});

test("a file of this machine is not read", () => {
  const part = { type: "image", data: new URL("file:///secret.png") } as const;

  expect(() => formatBody({ messages: [{ role: "user", content: [part] }] }, TARGET)).toThrow(
    expect.objectContaining({ code: "bad-request" }),
  );
});

test.each([
  ["json_object", {}, { type: "json_object" }],
  [
    "a schema of any object where the server has no json_object",
    { jsonObject: false },
    { type: "json_schema", json_schema: { name: "answer", schema: { type: "object" } } },
  ],
])("JSON without a schema is asked for as %s", (_, dialect, expected) => {
  const body = formatBody({ messages, responseFormat: { type: "json" } }, { ...TARGET, dialect });

  expect(body["response_format"]).toEqual(expected);
});

test("a dialect decides on the name of the limit and on the question for usage", () => {
  const dialect = { maxCompletionTokens: true, streamUsage: false };

  const body = formatBody({ messages, maxOutputTokens: 9 }, { ...TARGET, dialect });

  expect(body).toMatchObject({ max_completion_tokens: 9 });
  expect(body["max_tokens"]).toBeUndefined();
  expect(body["stream_options"]).toBeUndefined();
});

test("extra fields go over those of the request, but not over what the call relies on", () => {
  const extraBody = { temperature: 1, top_k: 5, stream: false, messages: [], model: "other" };

  const body = formatBody({ messages, temperature: 0 }, { ...TARGET, extraBody });

  expect(body).toMatchObject({ temperature: 1, top_k: 5, stream: true, messages, model: "m" });
});
