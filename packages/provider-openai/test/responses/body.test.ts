import type { ChatRequest, JsonObject } from "@fallthrough/core";
import { formatFor } from "@fallthrough/testkit";
import { expect, test } from "vitest";
import { formatBody, TOOL_CALL_ID } from "../../src/responses/body.ts";
import { WISHES } from "../../src/responses/wishes.ts";

const messages: ChatRequest["messages"] = [{ role: "user", content: "Hello" }];
const parameters = { type: "object", properties: {} };

function bodyOf(request: Partial<ChatRequest>, extraBody: JsonObject = {}): JsonObject {
  const protocol = { wishes: WISHES, toolCallIds: TOOL_CALL_ID, format: formatBody };
  const asked = { messages, providerOptions: { openai: { extraBody } }, ...request };
  return formatFor(protocol, asked, { provider: "openai", note: "responses", model: "o3-pro" }).body;
}

function inputOf(...given: ChatRequest["messages"]): unknown {
  return bodyOf({ messages: given })["input"];
}

test("a plain question asks for nothing but an answer that can go on without the server's memory", () => {
  expect(bodyOf({})).toEqual({
    model: "o3-pro",
    input: [{ role: "user", content: "Hello" }],
    stream: true,
    store: false,
    include: ["reasoning.encrypted_content"],
  });
});

test("wishes stand where the protocol has them", () => {
  expect(
    bodyOf({
      maxOutputTokens: 9,
      temperature: 0.5,
      topP: 0.4,
      reasoningEffort: "low",
      parallelToolCalls: false,
      tools: [
        { name: "look", description: "Looks", parameters, extraFields: { defer_loading: true } },
        { name: "hear", parameters, strict: true },
      ],
      toolChoice: { name: "look" },
      responseFormat: { type: "json", schema: parameters, name: "town", strict: true },
    }),
  ).toMatchObject({
    max_output_tokens: 9,
    temperature: 0.5,
    top_p: 0.4,
    reasoning: { effort: "low", summary: "auto" },
    parallel_tool_calls: false,
    tools: [
      {
        type: "function",
        name: "look",
        description: "Looks",
        parameters,
        strict: false,
        defer_loading: true,
      },
      { type: "function", name: "hear", parameters, strict: true },
    ],
    tool_choice: { type: "function", name: "look" },
    text: { format: { type: "json_schema", name: "town", schema: parameters, strict: true } },
  });
});

test.each<[string, Partial<ChatRequest>, object]>([
  ["no thoughts", { reasoningEffort: "none" }, { reasoning: { effort: "none" } }],
  ["JSON of any shape", { responseFormat: { type: "json" } }, { text: { format: { type: "json_object" } } }],
  ["text", { responseFormat: { type: "text" } }, { stream: true }],
  ["a tool", { tools: [{ name: "a", parameters }], toolChoice: "required" }, { tool_choice: "required" }],
])("a request for %s is sent as one", (_, request, fields) => {
  expect(bodyOf(request)).toMatchObject(fields);
});

test("fields of the caller are sent, but for those that the call relies on", () => {
  const extraFields = { text: { verbosity: "low" }, input: [], store: true };
  const body = bodyOf(
    { extraFields, responseFormat: { type: "json" } },
    { model: "x", stream: false, service_tier: "flex" },
  );

  expect(body).toMatchObject({
    model: "o3-pro",
    stream: true,
    input: [{ role: "user" }],
    text: { verbosity: "low", format: { type: "json_object" } },
    service_tier: "flex",
  });
});

test("images and files are sent, by address or whole", () => {
  expect(
    inputOf({
      role: "user",
      content: [
        { type: "text", text: "What is it?" },
        { type: "image", data: new Uint8Array([137, 80, 78, 71]), extraFields: { detail: "low" } },
        { type: "image", data: "https://a.example/b.png" },
        { type: "file", data: "JVBERi0=", name: "a.pdf" },
        { type: "file", data: new URL("https://a.example/c.pdf") },
      ],
    }),
  ).toEqual([
    {
      role: "user",
      content: [
        { type: "input_text", text: "What is it?" },
        { type: "input_image", image_url: "data:image/png;base64,iVBORw==", detail: "low" },
        { type: "input_image", image_url: "https://a.example/b.png" },
        { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
        { type: "input_file", file_url: "https://a.example/c.pdf" },
      ],
    },
  ]);
});

test("texts alone are one string, and system messages stand where they stood", () => {
  expect(
    inputOf(
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
      },
      { role: "assistant", content: "c" },
      { role: "system", content: "Be kind." },
      { role: "user", content: "d" },
    ),
  ).toEqual([
    { role: "system", content: "Be brief." },
    { role: "user", content: "ab" },
    { role: "assistant", content: "c" },
    { role: "system", content: "Be kind." },
    { role: "user", content: "d" },
  ]);
});

test("calls and their results are items, and ids are those that the server takes", () => {
  const long = "x".repeat(70);
  const input = inputOf(
    ...messages,
    {
      role: "assistant",
      content: "So.",
      toolCalls: [
        { id: "a", name: "look", arguments: "{}" },
        { id: long, name: "hear", arguments: "{}" },
      ],
    },
    { role: "tool", toolCallId: "a", content: "7" },
    { role: "tool", toolCallId: long, content: [{ type: "image", data: "iVBOR" }], isError: true },
  ) as readonly JsonObject[];

  expect(input.slice(1)).toEqual([
    { role: "assistant", content: "So." },
    { type: "function_call", call_id: "a", name: "look", arguments: "{}" },
    { type: "function_call", call_id: expect.stringMatching(/^\w{24}$/), name: "hear", arguments: "{}" },
    { type: "function_call_output", call_id: "a", output: "7" },
    {
      type: "function_call_output",
      call_id: input[3]?.["call_id"],
      output: [
        { type: "input_text", text: "The tool failed: " },
        { type: "input_image", image_url: "data:image/png;base64,iVBOR" },
      ],
    },
  ]);
});

test("thoughts go back in their order to the server that wrote them, and to no other", () => {
  const search = { type: "web_search_call", id: "ws_1" };
  const note = { layout: [[6, { phase: "commentary" }], "thought", search, 3, "call"] };
  const answer = (provider: string): ChatRequest["messages"][number] => ({
    role: "assistant",
    content: "Hello you",
    reasoning: [
      { text: "Hm", providerData: { [provider]: { responses: { id: "rs_1", encrypted_content: "e" } } } },
      { text: "No proof" },
    ],
    toolCalls: [{ id: "a", name: "look", arguments: "{}" }],
    providerData: { [provider]: { responses: note } },
  });
  const call = { type: "function_call", call_id: "a", name: "look", arguments: "{}" };

  expect(inputOf(answer("openai"))).toEqual([
    { role: "assistant", content: "Hello ", phase: "commentary" },
    {
      type: "reasoning",
      id: "rs_1",
      encrypted_content: "e",
      summary: [{ type: "summary_text", text: "Hm" }],
    },
    search,
    { role: "assistant", content: "you" },
    call,
  ]);
  expect(inputOf(answer("other"))).toEqual([{ role: "assistant", content: "Hello you" }, call]);
});

test("a thought that neither the server nor anybody else can read is not sent", () => {
  const providerData = { openai: { responses: { id: "rs_1", summary: [] } } };

  expect(inputOf({ role: "assistant", content: "Hi", reasoning: [{ text: "Hm", providerData }] })).toEqual([
    { role: "assistant", content: "Hi" },
  ]);
});

test("the fields of a message stand on its last item", () => {
  expect(
    inputOf({ role: "user", content: "a", extraFields: { phase: "x" } }, { role: "assistant", content: "" }),
  ).toEqual([{ role: "user", content: "a", phase: "x" }]);
});
