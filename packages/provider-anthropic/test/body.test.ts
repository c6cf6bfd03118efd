import type { ChatMessage, ChatRequest, JsonObject } from "@fallthrough/core";
import { formatFor, type SentRequest } from "@fallthrough/testkit";
import { expect, test } from "vitest";
import { formatBody, TOOL_CALL_ID } from "../src/body.ts";
import { WISHES } from "../src/wishes.ts";

const user: ChatMessage = { role: "user", content: "Hello" };

const protocol = { wishes: WISHES, toolCallIds: TOOL_CALL_ID, format: formatBody };

function sent(request: Partial<ChatRequest> = {}): SentRequest {
  return formatFor(protocol, { messages: [user], ...request }, { provider: "anthropic", model: "claude" });
}

function bodyOf(request: Partial<ChatRequest> = {}, extraBody: JsonObject = {}): JsonObject {
  return sent({ providerOptions: { anthropic: { extraBody } }, ...request }).body;
}

function messagesOf(...messages: readonly ChatMessage[]): unknown {
  return bodyOf({ messages: [...messages] })["messages"];
}

const text = (words: string): object => ({ type: "text", text: words });

test("a plain question is sent with the limit that the protocol wants", () => {
  expect(bodyOf()).toEqual({
    model: "claude",
    max_tokens: 8192,
    messages: [{ role: "user", content: [text("Hello")] }],
    stream: true,
  });
});

test("wishes and tools have their fields", () => {
  const tool = { name: "look", description: "Looks.", parameters: { properties: {} }, strict: true };

  expect(
    bodyOf({
      maxOutputTokens: 100,
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      stopSequences: ["END"],
      tools: [{ ...tool, extraFields: { cache_control: { type: "ephemeral" } } }],
      toolChoice: "required",
      parallelToolCalls: false,
      extraFields: { metadata: { user_id: "u" }, stream: false },
    }),
  ).toMatchObject({
    max_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    top_k: 4,
    stop_sequences: ["END"],
    tools: [
      {
        name: "look",
        description: "Looks.",
        input_schema: { type: "object", properties: {} },
        strict: true,
        cache_control: { type: "ephemeral" },
      },
    ],
    tool_choice: { type: "any", disable_parallel_tool_use: true },
    metadata: { user_id: "u" },
    stream: true,
  });
});

test.each<[ChatRequest["toolChoice"], boolean | undefined, unknown]>([
  [undefined, undefined, undefined],
  [undefined, true, { type: "auto", disable_parallel_tool_use: false }],
  ["auto", undefined, { type: "auto" }],
  ["none", true, { type: "none" }],
  [{ name: "look" }, undefined, { type: "tool", name: "look" }],
])("the choice %j with parallel calls %s is %j", (toolChoice, parallelToolCalls, choice) => {
  const tools = [{ name: "look", parameters: {} }];

  expect(bodyOf({ tools, toolChoice, parallelToolCalls })["tool_choice"]).toEqual(choice);
});

test("an effort asks for thoughts, room for them, and no sampling", () => {
  expect(bodyOf({ reasoningEffort: "minimal", temperature: 0, topP: 1, topK: 1 })).toMatchObject({
    max_tokens: 32_000,
    thinking: { type: "adaptive", display: "summarized" },
    output_config: { effort: "low" },
  });
  expect(bodyOf({ reasoningEffort: "high", temperature: 0 })).not.toHaveProperty("temperature");
  expect(bodyOf({ reasoningEffort: "none" })).toMatchObject({ thinking: { type: "disabled" } });
});

test("a model that has to call a tool does not think", () => {
  const tools = [{ name: "look", parameters: {} }];

  expect(bodyOf({ reasoningEffort: "high", tools, toolChoice: "required" })).not.toHaveProperty("thinking");
  expect(bodyOf({ reasoningEffort: "high", toolChoice: "required" })).toHaveProperty("thinking");
});

test("JSON output has a closed schema, or is asked for in words", () => {
  const schema = {
    type: "object",
    properties: {
      list: { type: "array", items: { type: "object" } },
      any: { type: "object", additionalProperties: true },
    },
  };

  expect(bodyOf({ responseFormat: { type: "json", schema } })["output_config"]).toEqual({
    format: {
      type: "json_schema",
      schema: {
        type: "object",
        additionalProperties: false,
        properties: {
          list: { type: "array", items: { type: "object", additionalProperties: false } },
          any: { type: "object", additionalProperties: true },
        },
      },
    },
  });
  expect(bodyOf({ responseFormat: { type: "json" } })).toMatchObject({
    system: "Answer with one JSON value and nothing else.",
  });
});

test("system messages stand in front, as one text or with their marks", () => {
  const messages: ChatMessage[] = [
    { role: "system", content: "One" },
    user,
    { role: "system", content: "Two" },
  ];
  const cache_control = { type: "ephemeral" };

  expect(bodyOf({ messages })["system"]).toBe("One\n\nTwo");
  expect(
    bodyOf({ messages: [{ role: "system", content: "One", extraFields: { cache_control } }, user] })[
      "system"
    ],
  ).toEqual([{ type: "text", text: "One", cache_control }]);
});

test("cache marks reach pieces, and the last block of a message", () => {
  const cache_control = { type: "ephemeral" };

  expect(
    messagesOf(
      {
        role: "user",
        content: [
          { type: "text", text: "One", providerData: { anthropic: { cache_control }, other: { x: 1 } } },
          { type: "text", text: "Two" },
        ],
        extraFields: { cache_control: { type: "ephemeral", ttl: "1h" } },
      },
      { role: "assistant", content: "Three", extraFields: { cache_control } },
    ),
  ).toEqual([
    {
      role: "user",
      content: [
        { ...text("One"), cache_control },
        { ...text("Two"), cache_control: { type: "ephemeral", ttl: "1h" } },
      ],
    },
    { role: "assistant", content: [{ ...text("Three"), cache_control }] },
  ]);
});

test("results of calls that were made at once stand in one message, before what the person says", () => {
  const call = (id: string): object => ({ id, name: "look", arguments: '{"x":1}' });

  expect(
    messagesOf(
      user,
      { role: "assistant", content: null, toolCalls: [call("a"), call("functions.look:1")] as never },
      { role: "tool", toolCallId: "a", content: "1" },
      { role: "tool", toolCallId: "functions.look:1", content: [{ type: "text", text: "2" }], isError: true },
      { role: "user", content: "And?" },
    ),
  ).toEqual([
    { role: "user", content: [text("Hello")] },
    {
      role: "assistant",
      content: [
        { type: "tool_use", id: "a", name: "look", input: { x: 1 } },
        { type: "tool_use", id: expect.stringMatching(/^[a-f0-9]{24}$/), name: "look", input: { x: 1 } },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "a", content: [text("1")] },
        {
          type: "tool_result",
          tool_use_id: expect.stringMatching(/^[a-f0-9]{24}$/),
          content: [text("2")],
          is_error: true,
        },
        text("And?"),
      ],
    },
  ]);
});

test("blank texts and messages without content are left out", () => {
  expect(
    messagesOf(
      user,
      { role: "assistant", content: " " },
      { role: "user", content: [{ type: "text", text: "" }] },
      {
        role: "user",
        content: "Still there?",
      },
    ),
  ).toEqual([{ role: "user", content: [text("Hello"), text("Still there?")] }]);
});

test("thoughts of its own come back in their order, those of others do not", () => {
  const answer: ChatMessage = {
    role: "assistant",
    content: "Let me see.So it is.",
    reasoning: [
      { text: "Hm", providerData: { anthropic: { signature: "s" } } },
      { text: "", providerData: { anthropic: { redacted_thinking: "d" } } },
      { text: "foreign", providerData: { openai: { signature: "s" } } },
      { text: "plain" },
    ],
    toolCalls: [{ id: "a", name: "look", arguments: "{}" }],
    providerData: {
      anthropic: { layout: [11, "thought", { type: "server_tool_use" }, 9, "thought", "call"] },
    },
  };
  const thinking = { type: "thinking", thinking: "Hm", signature: "s" };
  const redacted = { type: "redacted_thinking", data: "d" };
  const call = { type: "tool_use", id: "a", name: "look", input: {} };

  expect(messagesOf(user, answer)).toMatchObject([
    {},
    {
      role: "assistant",
      content: [
        text("Let me see."),
        thinking,
        { type: "server_tool_use" },
        text("So it is."),
        redacted,
        call,
      ],
    },
  ]);
  expect(messagesOf(user, { ...answer, content: "Changed." })).toMatchObject([
    {},
    { content: [thinking, redacted, text("Changed."), call] },
  ]);
});

test.each<[string, object, object]>([
  [
    "an image",
    { type: "image", data: "iVBORw0K" },
    { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0K" } },
  ],
  [
    "an address of an image",
    { type: "image", data: "https://a.example/x.png" },
    { type: "image", source: { type: "url", url: "https://a.example/x.png" } },
  ],
  [
    "a PDF",
    { type: "file", data: "JVBERi0x", name: "a.pdf" },
    {
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: "JVBERi0x" },
      title: "a.pdf",
    },
  ],
  [
    "an address of a document",
    { type: "file", data: new URL("https://a.example/x.pdf") },
    { type: "document", source: { type: "url", url: "https://a.example/x.pdf" } },
  ],
  [
    "a text",
    { type: "file", data: Buffer.from("Grüße"), mediaType: "text/markdown" },
    { type: "document", source: { type: "text", media_type: "text/plain", data: "Grüße" } },
  ],
])("%s is sent as its block", (_, part, block) => {
  expect(messagesOf({ role: "user", content: [part as never] })).toEqual([
    { role: "user", content: [block] },
  ]);
});

test("a file that the protocol has no block for is a failure that says which it has", () => {
  const content = [{ type: "file", data: "AAAA", mediaType: "application/zip" } as const];

  expect(() => messagesOf({ role: "user", content })).toThrow(
    "a file part has the media type `application/zip`, expected an image, a PDF or a text",
  );
});

test("extra fields of the body cannot change what the call relies on", () => {
  expect(bodyOf({ extraFields: { service_tier: "auto" } }, { model: "x", max_tokens: 5 })).toMatchObject({
    model: "claude",
    max_tokens: 5,
    service_tier: "auto",
  });
});

test.each([
  [{ reasoningEffort: "low", temperature: 1, topK: 2 }, ["temperature", "topK"]],
  [
    { reasoningEffort: "low", tools: [{ name: "look", parameters: {} }], toolChoice: "required" },
    ["reasoningEffort"],
  ],
  [{ reasoningEffort: "none", temperature: 1 }, []],
  [{ responseFormat: { type: "json" } }, ["JSON"]],
  [{ responseFormat: { type: "json", schema: {} } }, []],
] as const)("%j is done as asked but for %j", (request, words) => {
  const warnings = sent(request as Partial<ChatRequest>).adjusted;

  expect(warnings).toEqual(words.map((word) => expect.stringContaining(word)));
});
