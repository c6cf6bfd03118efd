import type { StreamPart } from "@fallthrough/core";
import { expect, test } from "vitest";
import { createGateway } from "../../../src/index.ts";
import { answer, memoryProvider, registryOf, text } from "../../case.ts";
import { ask } from "./case.ts";
import type { ResponseObject } from "./open-responses.ts";
import { readEvents, readResponse } from "./read-events.ts";

/** One answer, whole and streamed; both must tell the same but for their ids. */
async function tell(parts: readonly StreamPart[], body: object = {}): Promise<ResponseObject> {
  const gateway = createGateway(registryOf(memoryProvider("one", parts)));
  const asked = { model: "auto", input: "hi", ...body };

  const whole = readResponse(await (await ask(gateway, asked)).json());
  const { response } = readEvents(await (await ask(gateway, { ...asked, stream: true })).text());

  expect(withoutIds(response)).toEqual(withoutIds(whole));
  return response;
}

function withoutIds(response: ResponseObject): object {
  const { id: _, created_at: __, completed_at: ___, output, ...rest } = response;
  return { ...rest, output: output.map(({ id, ...item }) => ({ ...item, kind: id.split("_")[0] })) };
}

const FINISH: StreamPart = { type: "finish", finishReason: "stop" };
const CALL = { type: "tool-call", id: "call_1", name: "now" } as const;

test("each kind of content is an item of its own, in the order in which it came", async () => {
  const { output } = await tell([
    { type: "reasoning-delta", delta: "hm" },
    ...text("a"),
    { type: "tool-call-delta", id: "call_1", name: "now", delta: "{" },
    { type: "tool-call-delta", id: "call_2", name: "here", delta: "{" },
    { ...CALL, arguments: "{}" },
    { type: "tool-call", id: "call_2", name: "here", arguments: "{}" },
    ...text("b"),
    FINISH,
  ]);

  expect(output).toMatchObject([
    { type: "reasoning", summary: [{ text: "hm" }] },
    { type: "message", content: [{ text: "a" }] },
    { type: "function_call", name: "now", arguments: "{}", status: "completed" },
    { type: "function_call", name: "here", arguments: "{}" },
    { type: "message", content: [{ text: "b" }] },
  ]);
});

test("a call without deltas has one, also where its arguments are blank", async () => {
  const gateway = createGateway(
    registryOf(
      memoryProvider("one", [
        { ...CALL, arguments: "" },
        { type: "finish", finishReason: "tool-calls" },
      ]),
    ),
  );

  const { events } = readEvents(await (await ask(gateway, { input: "hi", stream: true })).text());

  expect(events.filter(({ type }) => type === "response.function_call_arguments.delta")).toHaveLength(1);
});

test.each([
  ["length", "max_output_tokens"],
  ["content-filter", "content_filter"],
] as const)("an answer cut by %s is incomplete, and so is its last item", async (finishReason, reason) => {
  const { status, incomplete_details, output, completed_at } = await tell([
    ...text("cut"),
    { type: "tool-call-delta", id: "call_1", name: "now", delta: '{"a' },
    { type: "finish", finishReason, providerData: { one: { own: 1 } } },
  ]);

  expect({ status, incomplete_details, completed_at }).toEqual({
    status: "incomplete",
    incomplete_details: { reason },
    completed_at: null,
  });
  expect(output.map((item) => item.status)).toEqual(["completed", "incomplete"]);
});

test("counts are all there or none", async () => {
  const none = await tell(answer("hi"));
  const some = await tell([
    ...text("hi"),
    {
      ...FINISH,
      usage: { inputTokens: 9, outputTokens: 4, cachedInputTokens: 5, reasoningTokens: 2 },
    } as StreamPart,
  ]);

  expect(none.usage).toBeNull();
  expect(some.usage).toEqual({
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 5 },
    output_tokens: 4,
    output_tokens_details: { reasoning_tokens: 2 },
    total_tokens: 13,
  });
});

test("pages are annotations of the text, also those that come before it and without any", async () => {
  const source: StreamPart = { type: "source", url: "https://example.com/" };

  const { output } = await tell([source, ...text("abc"), { ...source, title: "Example" }, FINISH]);
  const alone = await tell([...text("a"), { ...CALL, arguments: "{}" }, source, FINISH]);

  expect(output[0]?.content?.[0]?.annotations).toEqual([
    {
      type: "url_citation",
      url: "https://example.com/",
      title: "https://example.com/",
      start_index: 0,
      end_index: 0,
    },
    { type: "url_citation", url: "https://example.com/", title: "Example", start_index: 3, end_index: 3 },
  ]);
  expect(alone.output.at(-1)).toMatchObject({ type: "message", content: [{ text: "", annotations: [{}] }] });
});

test("warnings of the gateway and of providers stand on the response", async () => {
  const response = await tell([{ type: "warning", code: "adjusted", message: "less" }, ...answer("hi")], {
    tools: [{ type: "web_search" }, { type: "namespace", name: "n", tools: [] }],
    truncation: "auto",
  });

  expect(response["fallthrough:warnings"]).toMatchObject([
    { message: expect.stringContaining("`truncation`") },
    { message: expect.stringContaining("web_search") },
    { message: expect.stringContaining("namespace") },
    { code: "adjusted", message: "less" },
  ]);
  expect(response["tools"]).toEqual([]);
});

test("what a client asked for is repeated on the response", async () => {
  const tool = { type: "function", name: "now", parameters: { type: "object", properties: {} } };
  const response = await tell(answer("hi"), {
    instructions: "Be brief",
    tools: [tool],
    tool_choice: { type: "allowed_tools", tools: [{ type: "function", name: "now" }] },
    temperature: 0.5,
    top_p: 0.9,
    presence_penalty: 0.1,
    frequency_penalty: 0.2,
    max_output_tokens: 100,
    parallel_tool_calls: false,
    reasoning: { effort: "low" },
    text: { format: { type: "json_schema", name: "n", schema: { type: "object" } }, verbosity: "low" },
    metadata: { key: "value" },
    prompt_cache_key: "k",
    safety_identifier: "s",
    service_tier: "flex",
    store: false,
  });

  expect(response).toMatchObject({
    instructions: "Be brief",
    tools: [{ ...tool, description: null, strict: null }],
    tool_choice: { type: "allowed_tools", mode: "auto" },
    temperature: 0.5,
    top_p: 0.9,
    presence_penalty: 0.1,
    frequency_penalty: 0.2,
    max_output_tokens: 100,
    parallel_tool_calls: false,
    reasoning: { effort: "low", summary: null },
    text: {
      format: { type: "json_schema", name: "n", strict: false, schema: { type: "object" } },
      verbosity: "low",
    },
    metadata: { key: "value" },
    prompt_cache_key: "k",
    safety_identifier: "s",
    service_tier: "flex",
    store: false,
  });
});

test("the call of a custom tool is told as one, and as text", async () => {
  const { output } = await tell(
    [
      { type: "tool-call-delta", id: "call_1", name: "patch", delta: '{"input":' },
      { type: "tool-call", id: "call_1", name: "patch", arguments: '{"input":"*** Begin\\n+a"}' },
      { type: "tool-call", id: "call_2", name: "patch", arguments: "not json" },
      { type: "finish", finishReason: "tool-calls" },
    ],
    { tools: [{ type: "custom", name: "patch" }] },
  );

  expect(output).toMatchObject([
    { type: "custom_tool_call", call_id: "call_1", name: "patch", input: "*** Begin\n+a" },
    { type: "custom_tool_call", call_id: "call_2", input: "not json" },
  ]);
});

test("text that looks like the protocol stays in its event and arrives as it was", async () => {
  const delta = 'a\r\n\ndata: [DONE]\n\nevent: x\n\u2028b\u2029c\u0085d\u0000e"👋\\';
  const gateway = createGateway(registryOf(memoryProvider("one", answer(delta))));

  const stream = await (await ask(gateway, { input: "hi", stream: true })).text();

  const { response } = readEvents(stream);
  expect(response.output[0]?.content?.[0]?.text).toBe(delta);
  for (const end of ["\r", "\u2028", "\u2029", "\u0085", "\0"]) expect(stream).not.toContain(end);
});
