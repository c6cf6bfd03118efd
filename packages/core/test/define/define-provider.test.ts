import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, expect, expectTypeOf, test } from "vitest";
import type { ChatProvider } from "../../src/contract/contract.ts";
import { defineProvider } from "../../src/define/define-provider.ts";
import { ChatError } from "../../src/errors/chat-error.ts";
import { chat } from "../../src/reply/chat.ts";
import { messages } from "../providers.ts";

const CARD = {
  specificationVersion: 1,
  id: "toy",
  name: "Toy",
  status: { state: "active", checked: "2026-01-01" },
  models: [{ id: "toy-1" }],
};
const manifest = { fallthrough: CARD };
const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

const createToy = defineProvider(
  {
    manifest,
    origin: "https://toy.example",
    headers: { "x-toy": "1" },
    settings: {
      apiKey: "string",
      depth: "number",
      loud: "boolean",
      mode: ["fast", "deep"],
      seat: { is: (value: unknown): value is 7 => value === 7, expected: "7" },
    },
  },
  ({ http, settings }) => {
    expectTypeOf(settings.mode).toEqualTypeOf<"fast" | "deep" | undefined>();
    expectTypeOf(settings.seat).toEqualTypeOf<7 | undefined>();
    return {
      async *stream({ signal }) {
        yield { type: "text-delta", delta: await (await http({ path: "/", signal })).text() };
        yield { type: "finish", finishReason: "stop" };
      },
    };
  },
);

/** What the factory says of these settings. */
function problemOf(settings: unknown): string {
  try {
    createToy(settings as never);
  } catch (error) {
    if (error instanceof ChatError) return error.code === "config" ? error.message : error.code;
    return `no ChatError: ${error}`;
  }
  return "none";
}

test("a definition makes a whole provider: card, requests, closing", async () => {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers["x-toy"], request.headers["x-own"]);
    response.end("hello");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closings.push(() => server.close());
  const { port } = server.address() as { readonly port: number };

  const baseURL = `http://127.0.0.1:${port}`;
  const provider = createToy({ id: "mine", baseURL, headers: { "x-own": "2", "x-none": undefined } });
  const { text, route } = await chat(provider, { messages }).result();
  await provider.close();

  expect([text, route.provider, asked]).toEqual(["hello", "mine", ["1", "2"]]);
  await expect(chat(provider, { messages }).text()).rejects.toMatchObject({ code: "config" });
});

test("`await using` closes an instance", async () => {
  let closed = 0;
  const create = defineProvider({ manifest }, () => ({
    async *stream() {},
    close: async () => {
      closed += 1;
    },
  }));
  {
    await using provider = create();
    expectTypeOf(provider).toExtend<ChatProvider>();
  }

  expect(closed).toBe(1);
});

test("the types of the settings are those of the definition", () => {
  expectTypeOf(createToy).toBeCallableWith({ apiKey: "k", depth: 1, loud: true, mode: "deep", seat: 7 });
  // @ts-expect-error a mistyped name
  expect(problemOf({ apikey: "k" } satisfies Parameters<typeof createToy>[0])).toContain("`apiKey`");
});

test.each([
  [{ baseUrl: "https://a.example" }, "setting `baseUrl` is unknown, expected `baseURL`"],
  [{ apikey: "k" }, "setting `apikey` is unknown, expected `apiKey`"],
  [{ url: "https://a.example" }, "expected `baseURL`"],
  [{ timeout: 5 }, "expected `timeouts: { totalMs }`"],
  [{ timeouts: { firstChunk: 5 } }, "`timeouts.firstChunk` is unknown, expected `firstChunkMs`"],
  [{ timeouts: { totalMs: "30s" } }, "`timeouts.totalMs` is a text, expected milliseconds"],
  [{ timeouts: { totalMs: -5 } }, "`timeouts.totalMs` is the number -5"],
  [{ timeouts: { commitMs: 5 } }, "with a chain or a registry only"],
  [{ limits: { jsonBytes: Number.NaN } }, "`limits.jsonBytes` is NaN"],
  [{ limits: { jsonBites: 5 } }, "expected `jsonBytes`"],
  [
    { headers: { "x-tenant": "Nord \u2013 Süd" } },
    'header "x-tenant" holds a character that HTTP cannot carry',
  ],
  [{ headers: { "x tenant": "1" } }, 'header "x tenant" has a name that HTTP cannot carry'],
  [{ headers: { "Content-Length": "1" } }, 'header "Content-Length" belongs to the connection'],
  [{ headers: { a: 5 } }, "`headers.a` is the number 5"],
  [{ headers: [] }, "`headers` is an empty list, expected an object"],
  [{ cookies: { session: "a;b" } }, 'cookie "session" holds a character'],
  [{ dispatcher: {} }, "`dispatcher` is an object, expected a dispatcher of undici 7"],
  [{ baseURL: 5 }, "`baseURL` is the number 5"],
  [{ baseURL: "" }, "`baseURL` is an empty text"],
  [{ mode: "slow" }, '`mode` is "slow", expected fast or deep'],
  [{ depth: "1" }, "`depth` is a text, expected a number"],
  [{ loud: "yes" }, "`loud` is a text, expected true or false"],
  [{ seat: 8 }, "`seat` is the number 8, expected 7"],
  [{ models: ["gpt"] }, "`models[0]` is a text, expected an object"],
  [{ id: "No Id" }, "`id` is a text, expected at most 39"],
  ["https://a.example", "the settings is a text, expected an object: { baseURL }"],
  [null, "the settings is null"],
])("the settings %j are refused by name", (settings, problem) => {
  expect(problemOf(settings)).toContain(problem);
  expect(problemOf(settings)).toMatch(/^\[toy\] /);
});

test("wrong settings name the instance that they are for", () => {
  expect(problemOf({ id: "second", apikey: "k" })).toMatch(/^\[second\] setting `apikey` is unknown/);
});

test("an absent setting is none, and a timer of `Infinity` is off", () => {
  expect(
    problemOf({ baseURL: undefined, apiKey: undefined, timeouts: { totalMs: Number.POSITIVE_INFINITY } }),
  ).toBe("none");
});

test("a setting that throws while it is read is a config error", () => {
  const settings = {
    get apiKey() {
      throw new TypeError("mine");
    },
  };

  expect(problemOf(settings)).toContain("setting `apiKey` could not be read, expected plain data");
});

test("a provider that does not speak HTTP takes none of its settings", () => {
  const create = defineProvider({ manifest, settings: { program: "string" } }, ({ settings }) => {
    expectTypeOf(settings.program).toEqualTypeOf<string | undefined>();
    return { async *stream() {} };
  });

  expect(() => create({ baseURL: "https://a.example" } as never)).toThrow(/`baseURL` is unknown/);
  expect(create({ program: "cat" }).id).toBe("toy");
});

test("a manifest without a card fails when the provider is defined", () => {
  expect(() => defineProvider({ manifest: {} as never }, () => ({ async *stream() {} }))).toThrow(
    expect.objectContaining({ code: "config" }),
  );
});

test("what a provider closes itself is closed first, and the client also when that fails", async () => {
  const create = defineProvider({ manifest, origin: "https://toy.example" }, ({ http }) => ({
    async *stream({ signal }) {
      yield { type: "text-delta", delta: await (await http({ path: "/", signal })).text() };
    },
    close: () => Promise.reject(new Error("mine")),
  }));
  const provider = create();

  await expect(provider.close()).rejects.toThrow("mine");
  await expect(chat(provider, { messages }).text()).rejects.toMatchObject({ code: "config" });
});
