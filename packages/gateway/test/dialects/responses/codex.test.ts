import { ChatError, type StreamPart } from "@fallthrough/core";
import { expect, test } from "vitest";
import { createGateway } from "../../../src/index.ts";
import { answer, memoryProvider, registryOf, text } from "../../case.ts";
import { ask } from "./case.ts";
import { readEvents } from "./read-events.ts";

// what Codex sends and what it reads of an answer, after openai/codex, codex-rs/codex-api/src/sse/responses.rs;
// Codex itself is run elsewhere

/** A request as Codex makes it. */
function turn(input: readonly object[]): object {
  return {
    model: "auto",
    input: [
      { type: "message", role: "developer", content: [{ type: "input_text", text: "Be a coding agent" }] },
      { type: "message", role: "user", content: [{ type: "input_text", text: "Create a file" }] },
      ...input,
    ],
    tools: [
      {
        type: "function",
        name: "shell",
        description: "Runs",
        strict: false,
        parameters: { type: "object", properties: {} },
      },
      {
        type: "custom",
        name: "apply_patch",
        description: "Edits",
        format: { type: "grammar", syntax: "lark", definition: "start: line+" },
      },
      { type: "namespace", name: "mcp", tools: [{ type: "function", name: "a" }] },
      { type: "web_search" },
    ],
    tool_choice: "auto",
    parallel_tool_calls: true,
    reasoning: { effort: "medium", summary: "auto" },
    text: { verbosity: "low" },
    store: false,
    stream: true,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: "thread-1",
    client_metadata: { "x-codex-installation-id": "1" },
  };
}

const CALLS: StreamPart[] = [
  { type: "reasoning-delta", delta: "I edit", providerData: { one: { signature: "s1" } } },
  { type: "tool-call", id: "call_1", name: "shell", arguments: "{}" },
  { type: "tool-call", id: "call_2", name: "apply_patch", arguments: '{"input":"*** Begin Patch"}' },
  { type: "finish", finishReason: "tool-calls", usage: { inputTokens: 1, outputTokens: 2 } },
];

test("tools that no provider has are left out, and the input of a custom one is free text", async () => {
  const provider = memoryProvider("one", CALLS);
  const gateway = createGateway(registryOf(provider));

  const { response } = readEvents(await (await ask(gateway, turn([]))).text());

  const [request] = provider.requests;
  expect(request?.tools).toMatchObject([
    { name: "shell" },
    { name: "apply_patch", description: "Edits\n\nThe input must follow this lark grammar:\nstart: line+" },
  ]);
  expect(request).toMatchObject({ reasoningEffort: "medium", toolChoice: "auto", parallelToolCalls: true });
  expect(response.output).toMatchObject([
    { type: "reasoning", summary: [{ text: "I edit" }], encrypted_content: expect.any(String) },
    { type: "function_call", name: "shell" },
    { type: "custom_tool_call", name: "apply_patch", input: "*** Begin Patch" },
  ]);
});

test("what it reads is there: every item before its text, every item whole at its end, the id and the counts at last", async () => {
  const gateway = createGateway(registryOf(memoryProvider("one", [...text("a", "b"), ...CALLS])));

  const { events, response } = readEvents(await (await ask(gateway, turn([]))).text());

  const added = events.findIndex(({ type }) => type === "response.output_item.added");
  expect(added).toBeLessThan(events.findIndex(({ type }) => type === "response.output_text.delta"));
  const done = events.flatMap(({ type, item }) => (type === "response.output_item.done" ? [item] : []));
  expect(done[0]).toMatchObject({ type: "message", content: [{ type: "output_text", text: "ab" }] });
  expect(done).toEqual(response.output);
  expect(response).toMatchObject({
    id: expect.stringMatching(/^resp_/),
    usage: { input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
  });
});

test("its history comes back whole, and the reasoning to the provider that wrote it", async () => {
  const provider = memoryProvider("one", ({ messages }) => (messages.length > 3 ? answer("done") : CALLS));
  const gateway = createGateway(registryOf(provider));
  const { response } = readEvents(await (await ask(gateway, turn([]))).text());

  const results = [
    { type: "function_call_output", call_id: "call_1", output: "ok" },
    { type: "custom_tool_call_output", call_id: "call_2", output: "patched" },
  ];
  // it keeps the fields that it knows, and gives no ids
  const history = response.output.map(({ id: _, ...item }) => item);
  await ask(gateway, turn([...history, ...results]));

  expect(provider.requests.at(-1)?.messages.slice(2)).toMatchObject([
    {
      role: "assistant",
      reasoning: [{ text: "I edit", providerData: { one: { signature: "s1" } } }],
      toolCalls: [
        { id: "call_1", name: "shell" },
        { id: "call_2", name: "apply_patch", arguments: '{"input":"*** Begin Patch"}' },
      ],
    },
    { role: "tool", toolCallId: "call_1", content: "ok" },
    { role: "tool", toolCallId: "call_2", content: "patched" },
  ]);
});

test("what another provider wrote is not given to the one that answers now", async () => {
  const one = memoryProvider("one", CALLS, [{ id: "first" }]);
  const two = memoryProvider("two", answer("done"), [{ id: "second" }]);
  const gateway = createGateway(registryOf(one, two));
  const { response } = readEvents(await (await ask(gateway, turn([]))).text());

  const outputs = ["call_1", "call_2"].map((call_id) => ({
    type: "function_call_output",
    call_id,
    output: "ok",
  }));
  await ask(gateway, { ...turn([...response.output, ...outputs]), model: "two/second" });

  // the chain hands it on under the name of its writer, which each provider compares with its own
  expect(two.requests[0]?.messages[2]).toMatchObject({
    reasoning: [{ text: "I edit", providerData: { one: { signature: "s1" } } }],
  });
});

test("a failure is told in the words that it acts on", async () => {
  const long = createGateway(
    registryOf(memoryProvider("one", [new ChatError("context-length", "too long")])),
  );
  const limited = createGateway(
    registryOf(memoryProvider("one", [new ChatError("rate-limit", "slow down", { retryAfterMs: 11_500 })])),
  );
  const cut = createGateway(
    registryOf(memoryProvider("one", [...text("half"), new ChatError("interrupted", "cut")])),
  );

  const overflow = await (await ask(long, turn([]))).json();
  const late = await (await ask(limited, turn([]))).json();
  const { response, events } = readEvents(await (await ask(cut, turn([]))).text());

  expect(overflow).toMatchObject({ error: { code: "context_length_exceeded" } });
  expect(late).toMatchObject({
    error: { code: "rate_limit_exceeded", message: expect.stringMatching(/try again in 1[12]s$/) },
  });
  expect(events.slice(-2).map(({ type }) => type)).toEqual(["error", "response.failed"]);
  expect(response.error).toMatchObject({
    code: "server_error",
    message: expect.stringContaining("interrupted"),
  });
});
