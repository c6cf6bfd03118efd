import { ChatError, type StreamPart } from "@fallthrough/core";
import { createRegistry } from "@fallthrough/registry";
import { expect, test } from "vitest";
import { createGateway } from "../src/index.ts";
import { answer, eventsOf, memoryProvider, post, registryOf, text, textOf } from "./case.ts";

const FAILED = memoryProvider("failed", [new ChatError("abuse", "the site said something secret")]);

function get(path: string, registry = registryOf(memoryProvider("one", answer("hi")))): Promise<Response> {
  return createGateway(registry).fetch(new Request(`http://127.0.0.1:8787${path}`));
}

test("a whole answer is a completion, and its headers tell who answered", async () => {
  const gateway = createGateway(registryOf(FAILED, memoryProvider("one", answer("He", "llo"))));

  const response = await post(gateway);

  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "application/json",
    "x-fallthrough-provider": "one",
    "x-fallthrough-model": "model",
    "x-fallthrough-attempts": "2",
  });
  expect(await response.json()).toEqual({
    id: expect.stringMatching(/^chatcmpl-/),
    object: "chat.completion",
    created: expect.any(Number),
    model: "one/model",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "Hello", refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
  });
});

test("a streamed answer is one clean stream although the first provider failed", async () => {
  const gateway = createGateway(registryOf(FAILED, memoryProvider("one", answer("He", "llo"))));

  const response = await post(gateway, { stream: true });

  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "x-fallthrough-provider": "one",
    "x-fallthrough-model": "model",
    "x-fallthrough-attempts": "2",
  });
  const events = eventsOf(await response.text());
  expect(events).toMatchObject([
    { choices: [{ delta: { role: "assistant", content: "" }, finish_reason: null }] },
    { choices: [{ delta: { content: "He" } }], model: "one/model", object: "chat.completion.chunk" },
    { choices: [{ delta: { content: "llo" } }] },
    { choices: [{ delta: {}, finish_reason: "stop" }] },
    "[DONE]",
  ]);
  expect(new Set(events.slice(0, -1).map((event) => (event as { id: string }).id)).size).toBe(1);
});

test("what the provider counted is told when it is asked for", async () => {
  const finish: StreamPart = {
    type: "finish",
    finishReason: "length",
    usage: { inputTokens: 3, outputTokens: 4, reasoningTokens: 2 },
  };
  const gateway = createGateway(
    registryOf(memoryProvider("one", [{ type: "text-delta", delta: "x" }, finish])),
  );
  const usage = {
    prompt_tokens: 3,
    completion_tokens: 4,
    total_tokens: 7,
    completion_tokens_details: { reasoning_tokens: 2 },
  };

  const whole = await (await post(gateway)).json();
  const asked = await post(gateway, { stream: true, stream_options: { include_usage: true } });
  const unasked = await post(gateway, { stream: true });

  expect(whole).toMatchObject({ usage, choices: [{ finish_reason: "length" }] });
  expect(eventsOf(await asked.text()).at(-2)).toMatchObject({ choices: [], usage });
  expect(await unasked.text()).not.toContain("usage");
});

test("tools, reasoning, sources and warnings come whole", async () => {
  const parts: StreamPart[] = [
    { type: "warning", code: "adjusted", message: "another model" },
    { type: "reasoning-delta", delta: "hm" },
    { type: "source", url: "https://example.com/" },
    { type: "tool-call", id: "a", name: "weather", arguments: '{"city":"Rome"}' },
    { type: "finish", finishReason: "tool-calls" },
  ];
  const provider = memoryProvider("one", parts);

  const response = await post(createGateway(registryOf(provider)));

  expect(await response.json()).toMatchObject({
    choices: [
      {
        finish_reason: "tool_calls",
        message: {
          content: null,
          reasoning_content: "hm",
          tool_calls: [
            { id: "a", type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } },
          ],
          annotations: [{ type: "url_citation", url_citation: { url: "https://example.com/" } }],
        },
      },
    ],
    warnings: [{ code: "adjusted", message: "another model" }],
  });
});

test("a client can name a model and nothing about where it is asked", async () => {
  const provider = memoryProvider("one", answer("hi"));

  await post(createGateway(registryOf(provider)), {
    model: "one/model",
    providerOptions: { one: { extraBody: {} } },
    baseURL: "http://127.0.0.1:1/",
    proxy: "http://127.0.0.1:1/",
    timeouts: { totalMs: 1 },
  });

  const asked = Object.entries(provider.requests[0] ?? {}).filter(([, value]) => value !== undefined);
  expect(asked.map(([name]) => name).sort()).toEqual([
    "extraFields",
    "messages",
    "model",
    "protocol",
    "signal",
    "timeouts",
  ]);
  // what is left of the whole when the provider is asked
  expect(provider.requests[0]?.timeouts?.totalMs).toBeGreaterThan(599_000);
});

test("the models are every name that can be asked for", async () => {
  const providers = [
    memoryProvider("one", [], [{ id: "m", aliases: ["public"] }]),
    memoryProvider("open", [], []),
  ];
  const registry = createRegistry({ providers, aliases: { fast: "one/m", "claude-*": "fast" } });

  const listed = (await (await get("/v1/models", registry)).json()) as { data: { id: string }[] };
  const single = await get("/v1/models/one%2Fm", registry);
  const unlisted = await get("/v1/models/open/any:7b", registry);
  const unknown = await get("/v1/models/none", registry);
  const malformed = await get("/v1/models/%E0%A4%A", registry);

  const ids = listed.data.map(({ id }) => id);
  expect(ids).toEqual(["auto", "fast", "m", "public", "one/m", "open"]);
  expect(await single.json()).toEqual({ id: "one/m", object: "model", created: 1767225600, owned_by: "one" });
  expect(await unlisted.json()).toMatchObject({ id: "open/any:7b", owned_by: "open" });
  expect([unknown.status, malformed.status]).toEqual([404, 404]);
  expect(await unknown.json()).toMatchObject({ error: { code: "model_not_found" } });
});

test("a client of the legacy form gets its function calls in that form", async () => {
  const parts: StreamPart[] = [
    { type: "tool-call", id: "a", name: "now", arguments: "{}" },
    { type: "finish", finishReason: "tool-calls" },
  ];
  const gateway = createGateway(registryOf(memoryProvider("one", parts)));
  const functions = [{ name: "now" }];
  const called = { function_call: { name: "now", arguments: "{}" } };

  const whole = await (await post(gateway, { functions })).json();
  const streamed = eventsOf(await (await post(gateway, { functions, stream: true })).text());

  expect(whole).toMatchObject({ choices: [{ message: called, finish_reason: "function_call" }] });
  expect(streamed).toMatchObject([
    {},
    { choices: [{ delta: called }] },
    { choices: [{ finish_reason: "function_call" }] },
    "[DONE]",
  ]);
});

test("a reason that OpenAI has no word for is told in the server's own", async () => {
  const finish: StreamPart = { type: "finish", finishReason: "other", rawFinishReason: "pause" };
  const gateway = createGateway(registryOf(memoryProvider("one", [...text("hi"), finish])));

  const whole = await (await post(gateway)).json();
  const streamed = await (await post(gateway, { stream: true })).text();

  expect(whole).toMatchObject({ choices: [{ finish_reason: "pause" }] });
  expect(streamed).toContain('"finish_reason":"pause"');
});

test("any name a client gives comes back in the headers", async () => {
  const gateway = createGateway(registryOf(memoryProvider("open", answer("hi"), [])));

  const response = await post(gateway, { model: "open/größe 7\ud800\r\nx: y" });

  expect(response.status).toBe(200);
  expect(response.headers.get("x-fallthrough-model")).toBe("gr%C3%B6%C3%9Fe%207%EF%BF%BD%0D%0Ax:%20y");
});

test("where no model was asked for by name, a whole answer tells the one that the server reported", async () => {
  const end: StreamPart = { type: "finish", finishReason: "stop", model: "llama3.2" };
  const gateway = createGateway(registryOf(memoryProvider("open", [...text("hi"), end], [])));

  const whole = await post(gateway);
  const streamed = await post(gateway, { stream: true });

  expect(whole.headers.get("x-fallthrough-model")).toBe("llama3.2");
  expect(await whole.json()).toMatchObject({ model: "open/llama3.2" });
  expect(streamed.headers.get("x-fallthrough-provider")).toBe("open");
  expect(streamed.headers.has("x-fallthrough-model")).toBe(false);
});

test("health tells that it runs, readiness that somebody can be asked", async () => {
  const ready = await get("/readyz");
  const unready = await get("/readyz", registryOf());

  expect((await get("/healthz", registryOf())).status).toBe(200);
  expect(ready.status).toBe(200);
  expect(unready.status).toBe(503);
});

test("without any provider a call is told so", async () => {
  const response = await post(createGateway(registryOf()));

  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { code: "no_provider" } });
});

test("an unknown model is told with the nearest one", async () => {
  const response = await post(createGateway(registryOf(memoryProvider("one", []))), { model: "modle" });

  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    error: { code: "model_not_found", param: "model", message: expect.stringContaining('"model"') },
  });
});

test("an unknown path is an error in OpenAI's shape", async () => {
  const response = await get("/v1/embeddings");

  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    error: { type: "invalid_request_error", code: "unknown_url", param: null },
  });
});

test("one call too many is refused, and its place is free once another ends", async () => {
  const gateway = createGateway(registryOf(memoryProvider("one", answer("hi"))), { maxCalls: 1 });
  const first = await post(gateway, { stream: true });

  const refused = await post(gateway);

  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(textOf(await first.text())).toBe("hi");
  expect((await post(gateway)).status).toBe(200);
});

test("a call that fails or is refused frees its place", async () => {
  const gateway = createGateway(registryOf(FAILED), { maxCalls: 1 });

  const statuses = [];
  for (const body of [{}, { stream: true }, { messages: 1 }, { model: "none" }]) {
    statuses.push((await post(gateway, body)).status);
  }

  expect(statuses).toEqual([502, 502, 400, 404]);
});
