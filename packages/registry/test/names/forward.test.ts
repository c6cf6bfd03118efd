import { ChatError, type ChatReply, type ModelCard } from "@fallthrough/core";
import { FORWARDS, type ForwardCall, type ForwardingRegistry } from "@fallthrough/core/internal";
import { defineProvider, type ForwardedRequest } from "@fallthrough/core/provider";
import { expect, test } from "vitest";
import { type CallStarted, createRegistry, type RegistryOptions } from "../../src/index.ts";
import { answer, fakeProvider } from "../fake-provider.ts";

const STATUS = { state: "active", checked: "2026-01-01" } as const;
const SMALL: ModelCard = { id: "small" };

/** A provider that answers a request that is passed on with these pieces, or fails. */
function passing(id: string, models: readonly ModelCard[], pieces: readonly string[] | ChatError) {
  const requests: ForwardedRequest[] = [];
  const card = { specificationVersion: 1, id, name: id, status: STATUS, models, factory: "create" } as const;
  const create = defineProvider({ manifest: { fallthrough: card } }, () => ({
    async *stream() {
      yield { type: "text-delta", delta: "a chat" } as const;
    },
    async *forward(request: ForwardedRequest) {
      requests.push(request);
      if (pieces instanceof ChatError) throw pieces;
      yield* pieces;
    },
  }));
  return { provider: create(), requests };
}

function passOn(options: RegistryOptions, call: Partial<ForwardCall> = {}): ChatReply {
  const registry = createRegistry(options) as unknown as ForwardingRegistry;
  return registry[FORWARDS]({ path: "/completions", body: '{"prompt":"Hi"}', stream: false, ...call });
}

test("a request is passed on with the provider's own model, and the answer is the body as it came", async () => {
  const one = passing("one", [{ id: "small-2", aliases: ["small"] }], ["data: 1\n\n", "data: 2\n\n"]);
  const chatsOnly = fakeProvider("chats", [answer("no")], { models: [SMALL] });

  const reply = passOn(
    { providers: [chatsOnly, one.provider] },
    { model: "small", body: '{ "model":"small","seed":12345678901234567890 }', stream: true },
  );

  expect(await reply.result()).toMatchObject({ text: "data: 1\n\ndata: 2\n\n", finishReason: "stop" });
  expect(reply.route).toMatchObject({ provider: "one", model: "small-2", attempts: [{ provider: "one" }] });
  expect(one.requests).toEqual([
    {
      path: "/completions",
      body: '{ "model":"small-2","seed":12345678901234567890 }',
      stream: true,
      signal: expect.any(AbortSignal),
    },
  ]);
  expect(chatsOnly.requests).toEqual([]);
});

test("a failure of one who passes it on falls through to the next", async () => {
  const one = passing("one", [SMALL], new ChatError("blocked", "no"));
  const two = passing("two", [{ id: "large" }], ["here"]);

  const reply = passOn({ providers: [one.provider, two.provider] });

  expect(await reply.text()).toBe("here");
  expect(reply.route.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "answered"]);
});

test("embeddings are asked of one model alone, under whatever name a provider has it", async () => {
  const failure = new ChatError("blocked", "no");
  const one = passing("one", [{ id: "small", aliases: ["e-small"] }], failure);
  const other = passing("other", [{ id: "large" }], ["another space"]);
  const same = passing("same", [{ id: "e-small" }], failure);
  const nameless = passing("nameless", [{ id: "tiny", aliases: ["small"] }], ["here"]);
  const providers = [one, other, same, nameless].map(({ provider }) => provider);

  const reply = passOn({ providers }, { path: "/embeddings" });

  expect(await reply.text()).toBe("here");
  expect(reply.route.attempts.map(({ provider }) => provider)).toEqual(["one", "same", "nameless"]);
});

test("of providers that take any model, embeddings are asked of those with the same name", async () => {
  const one = passing("one", [], new ChatError("blocked", "no"));
  const two = passing("two", [], ["here"]);
  const aliases = { same: ["one/e", "two/e"], other: ["one/e", "two/f"] };
  const providers = [one.provider, two.provider];

  expect(await passOn({ providers, aliases }, { path: "/embeddings", model: "same" }).text()).toBe("here");
  const other = passOn({ providers, aliases }, { path: "/embeddings", model: "other" });
  await expect(other.text()).rejects.toThrow();
  expect(other.route.attempts.map(({ provider }) => provider)).toEqual(["one"]);
});

test("a path that nobody behind a name serves is told with those who are meant", async () => {
  const providers = [
    fakeProvider("one", [answer("no")], { models: [SMALL] }),
    fakeProvider("two", [answer("no")], { models: [SMALL] }),
  ];

  await expect(passOn({ providers }, { model: "small" }).text()).rejects.toMatchObject({
    code: "unsupported",
    message: "nobody serves /completions, expected another provider than one/small, two/small",
  });
});

test("a provider without a model of its own needs one in the request", async () => {
  const one = passing("one", [], ["here"]);

  await expect(passOn({ providers: [one.provider] }, { model: "one" }).text()).rejects.toMatchObject({
    code: "bad-request",
    message: expect.stringContaining('the request names no model of one, expected "one/..."'),
  });
  expect(await passOn({ providers: [one.provider] }, { model: "one/any" }).text()).toBe("here");
  expect(one.requests.map(({ body }) => body)).toEqual(['{"model":"any","prompt":"Hi"}']);
});

test.each([
  ["/completions", "completions"],
  ["/embeddings", "embeddings"],
] as const)("listeners are told that %s are %s", async (path, operation) => {
  const calls: CallStarted[] = [];
  const { provider } = passing("one", [SMALL], ["here"]);

  await passOn({ providers: [provider], onCall: (call) => void calls.push(call) }, { path }).text();

  expect(calls.map((call) => call.operation)).toEqual([operation]);
});

test("an abort of the caller ends what is passed on", async () => {
  const { provider } = passing("one", [SMALL], ["here"]);

  const reply = passOn({ providers: [provider] }, { signal: AbortSignal.abort(new Error("enough")) });

  await expect(reply.text()).rejects.toThrow("enough");
});
