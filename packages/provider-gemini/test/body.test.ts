import type { ChatMessage, ChatRequest, JsonObject } from "@fallthrough/core";
import { formatFor } from "@fallthrough/testkit";
import { expect, test } from "vitest";
import { formatBody } from "../src/body.ts";
import { WISHES } from "../src/wishes.ts";

const user: ChatMessage = { role: "user", content: "Hello" };

function bodyOf(request: Partial<ChatRequest> = {}, extraBody: JsonObject = {}): JsonObject {
  const asked = { messages: [user], providerOptions: { gemini: { extraBody } }, ...request };
  const target = { provider: "gemini", model: "gemini-3-flash" };
  return formatFor({ wishes: WISHES, format: formatBody }, asked, target).body;
}

function contentsOf(...messages: readonly ChatMessage[]): unknown {
  return bodyOf({ messages: [...messages] })["contents"];
}

const hello = { role: "user", parts: [{ text: "Hello" }] };

test("a plain question is its contents alone", () => {
  expect(bodyOf()).toEqual({ contents: [hello] });
});

test("wishes, tools and JSON output have their fields", () => {
  const parameters = { type: "object", properties: {} };

  expect(
    bodyOf({
      maxOutputTokens: 10,
      temperature: 0,
      topP: 0.9,
      topK: 4,
      presencePenalty: 1,
      frequencyPenalty: 2,
      seed: 7,
      stopSequences: ["END"],
      reasoningEffort: "low",
      tools: [{ name: "look", description: "Looks.", parameters, extraFields: { behavior: "BLOCKING" } }],
      toolChoice: { name: "look" },
      responseFormat: { type: "json", schema: { type: "object" } },
      extraFields: {
        cachedContent: "cachedContents/a",
        generationConfig: { mediaResolution: "LOW" },
        contents: [],
      },
    }),
  ).toEqual({
    contents: [hello],
    cachedContent: "cachedContents/a",
    generationConfig: {
      maxOutputTokens: 10,
      temperature: 0,
      topP: 0.9,
      topK: 4,
      presencePenalty: 1,
      frequencyPenalty: 2,
      seed: 7,
      stopSequences: ["END"],
      responseMimeType: "application/json",
      responseJsonSchema: { type: "object" },
      thinkingConfig: { includeThoughts: true, thinkingLevel: "LOW" },
      mediaResolution: "LOW",
    },
    tools: [
      {
        functionDeclarations: [
          { name: "look", description: "Looks.", parametersJsonSchema: parameters, behavior: "BLOCKING" },
        ],
      },
    ],
    toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["look"] } },
  });
});

test.each([
  ["auto", "AUTO"],
  ["none", "NONE"],
  ["required", "ANY"],
] as const)("the choice %s is the mode %s", (toolChoice, mode) => {
  const tools = [{ name: "look", parameters: {} }];

  expect(bodyOf({ tools, toolChoice })["toolConfig"]).toEqual({ functionCallingConfig: { mode } });
});

test("system messages stand beside the contents", () => {
  const messages: ChatMessage[] = [
    { role: "system", content: "One" },
    user,
    { role: "system", content: "Two" },
  ];

  expect(bodyOf({ messages })).toEqual({
    systemInstruction: { parts: [{ text: "One" }, { text: "Two" }] },
    contents: [hello],
  });
});

test("results stand in the order of the calls, with the name and the id that the server gave", () => {
  const call = (id: string, name: string, data?: JsonObject) => ({
    id,
    name,
    arguments: '{"x":1}',
    ...(data === undefined ? {} : { providerData: { gemini: data } }),
  });

  expect(
    contentsOf(
      user,
      {
        role: "assistant",
        toolCalls: [call("fc-1", "look", { id: "fc-1", thoughtSignature: "s" }), call("call_2", "hear")],
      },
      { role: "tool", toolCallId: "call_2", content: "loud", isError: true },
      { role: "tool", toolCallId: "fc-1", toolName: "look", content: [{ type: "text", text: "blue" }] },
      { role: "user", content: "And?" },
    ),
  ).toEqual([
    hello,
    {
      role: "model",
      parts: [
        { functionCall: { id: "fc-1", name: "look", args: { x: 1 } }, thoughtSignature: "s" },
        { functionCall: { name: "hear", args: { x: 1 } } },
      ],
    },
    {
      role: "user",
      parts: [
        { functionResponse: { id: "fc-1", name: "look", response: { output: "blue" } } },
        { functionResponse: { name: "hear", response: { error: "loud" } } },
        { text: "And?" },
      ],
    },
  ]);
});

test("signatures of its own come back where they stood, those of others do not", () => {
  const answer: ChatMessage = {
    role: "assistant",
    content: "So it is.",
    reasoning: [
      { text: "Hm", providerData: { gemini: { thoughtSignature: "s1" } } },
      { text: "foreign", providerData: { anthropic: { signature: "s" } } },
      { text: "plain" },
    ],
    providerData: {
      gemini: {
        layout: ["thought", 2, [3, { thoughtSignature: "s2" }], 4, [0, { thoughtSignature: "s3" }]],
      },
    },
  };
  const thought = { text: "Hm", thought: true, thoughtSignature: "s1" };

  expect(contentsOf(user, answer)).toEqual([
    hello,
    {
      role: "model",
      parts: [
        thought,
        { text: "So" },
        { text: " it", thoughtSignature: "s2" },
        { text: " is." },
        { text: "", thoughtSignature: "s3" },
      ],
    },
  ]);
  expect(contentsOf(user, { ...answer, content: "Changed" })).toEqual([
    hello,
    { role: "model", parts: [thought, { text: "Changed" }] },
  ]);
});

test("empty texts are left out, and what one side says in pieces is one turn", () => {
  expect(
    contentsOf(
      user,
      { role: "assistant", content: "" },
      { role: "user", content: [{ type: "text", text: "Again" }] },
    ),
  ).toEqual([{ role: "user", parts: [{ text: "Hello" }, { text: "Again" }] }]);
});

test.each<[string, object, object]>([
  [
    "an image",
    { type: "image", data: "iVBORw0K" },
    { inlineData: { mimeType: "image/png", data: "iVBORw0K" } },
  ],
  [
    "a file",
    {
      type: "file",
      data: Buffer.from("Grüße"),
      mediaType: "text/plain",
      extraFields: { videoMetadata: { fps: 1 } },
    },
    { inlineData: { mimeType: "text/plain", data: "R3LDvMOfZQ==" }, videoMetadata: { fps: 1 } },
  ],
  [
    "an address",
    { type: "file", data: new URL("https://a.example/x.pdf"), mediaType: "application/pdf" },
    { fileData: { mimeType: "application/pdf", fileUri: "https://a.example/x.pdf" } },
  ],
])("%s is sent as its part", (_, part, wire) => {
  expect(contentsOf({ role: "user", content: [part as never] })).toEqual([{ role: "user", parts: [wire] }]);
});

test("an image that a tool gave stands within its result", () => {
  const content: ChatMessage = {
    role: "tool",
    toolCallId: "a",
    toolName: "look",
    content: [{ type: "image", data: "iVBORw0K" }],
  };

  expect(contentsOf(content)).toEqual([
    {
      role: "user",
      parts: [
        {
          functionResponse: {
            name: "look",
            response: { output: "" },
            parts: [{ inlineData: { mimeType: "image/png", data: "iVBORw0K" } }],
          },
        },
      ],
    },
  ]);
});

test("extra fields of the body cannot change what the call relies on", () => {
  expect(bodyOf({}, { contents: [], safetySettings: [] })).toEqual({ contents: [hello], safetySettings: [] });
});
