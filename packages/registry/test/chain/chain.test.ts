import { ChatError, type ChatProvider, type ChatRequest, chat } from "@fallthrough/core";
import { guard, providerCard } from "@fallthrough/core/internal";
import { expect, test } from "vitest";
import { ChainExhaustedError, createChain, createMemoryHealth } from "../../src/index.ts";
import { answer, content, fakeProvider, QUESTION } from "../fake-provider.ts";

const RETIRED = { status: { state: "retired", checked: "2024-01-30" } } as const;

test("a chain is a provider, with what was asked in its route and in its error", async () => {
  const blocked = [new ChatError("blocked", "a captcha came")];
  const [unwell, well] = [fakeProvider("unwell", [blocked]), fakeProvider("well", [answer("here"), blocked])];
  const told: unknown[] = [];
  const console = {
    error: (message: unknown) => told.push(message),
    table: (rows: unknown) => told.push(rows),
  };
  const messages = QUESTION.messages;

  for (let call = 0; call < 2; call++) {
    // #region chain
    const chain = createChain([unwell, { provider: well, model: "well-model" }], {
      timeouts: { commitMs: 20_000 },
      policy: { "content-filter": { next: "yes" } },
    });
    try {
      const { route } = await chat(chain, { messages }).result();
      console.table(route.attempts);
    } catch (error) {
      if (!(error instanceof ChainExhaustedError)) throw error;
      console.error(error.message);
    }
    // #endregion
  }

  expect(told).toMatchObject([
    [{ provider: "unwell" }, { provider: "well" }],
    expect.stringMatching(/^no provider answered \(2 asked, 0 skipped\), try again at /),
  ]);
});

test("a chain guards its candidates itself, and hands on the options of its own guard", async () => {
  const chain = createChain([fakeProvider("silent", [["silence"]])]);

  const answer = guard(chain, QUESTION, { timeouts: { firstChunkMs: 10 } }).open();

  await expect(answer).rejects.toMatchObject({ errors: [{ code: "timeout" }] });
});

test("the status of a chain is that of the first who may be asked", () => {
  const [gone, here] = [fakeProvider("gone", [], RETIRED), fakeProvider("here", [])];

  expect(createChain([gone, here]).status).toEqual(here.status);
  expect(createChain([gone]).status).toEqual(gone.status);
  expect(createChain([{ provider: gone, explicit: true }, here], { id: "mine" })).toMatchObject({
    id: "mine",
    status: gone.status,
  });
});

test("a chain without a candidate is a mistake of its maker", () => {
  expect(() => createChain([])).toThrow(expect.objectContaining({ code: "config" }));
});

test("closing a chain closes every provider once, also when one fails to", async () => {
  const closed: string[] = [];
  const closable = (id: string, error?: Error) => ({
    ...fakeProvider(id, []),
    close: async () => {
      closed.push(id);
      if (error) throw error;
    },
  });
  const first = closable("first", new Error("busy"));

  const closing = createChain([first, { provider: first, model: "other" }, closable("second")]).close?.();

  await expect(closing).rejects.toThrow("not every provider could be closed");
  expect(closed).toEqual(["first", "second"]);
});

test("who sits behind an origin that blocked a neighbour is not asked", async () => {
  const settings = { baseURL: "http://127.0.0.1:9/v1" };
  const fallthrough = {
    specificationVersion: 1,
    name: "Toy",
    status: { state: "active", checked: "2026-11-21" },
    models: [],
  };
  const [one, two] = ["one", "two"].map((id) => ({
    ...fakeProvider(id, [[new ChatError("blocked", "a captcha came", { origin: "http://127.0.0.1:9" })]]),
    ...providerCard({ fallthrough: { ...fallthrough, id } }, settings),
  }));
  const reply = chat(createChain([one as ChatProvider, two as ChatProvider]), QUESTION);

  await expect(reply.result()).rejects.toBeInstanceOf(ChainExhaustedError);

  expect(reply.route.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
    ["one", "failed"],
    ["two", "skipped"],
  ]);
});

const BLOCKED = [new ChatError("blocked", "a captcha came")];

test.each<[string, (chain: ChatProvider) => ChatProvider]>([
  ["spread", (chain) => ({ ...chain })],
  ["wrapped", (chain) => ({ ...chain, id: "logged", stream: (request) => chain.stream(request) })],
  [
    "wrapped by a generator",
    (chain) => ({
      ...chain,
      id: "logged",
      async *stream(request) {
        yield* chain.stream(request);
      },
    }),
  ],
])("a chain that was %s keeps its route, alone and inside another", async (_, wrap) => {
  const heard: string[] = [];
  const inner = () =>
    wrap(createChain([fakeProvider("a", [BLOCKED]), fakeProvider("b", [answer("here")])], { id: "inner" }));
  const outer = createChain([fakeProvider("first", [BLOCKED]), inner()], {
    onAttempt: ({ provider }) => heard.push(provider),
  });

  const alone = await chat(inner(), QUESTION).result();
  const within = await chat(outer, QUESTION).result();

  const namesOf = ({ route }: typeof alone) => route.attempts.map(({ provider }) => provider);
  expect(alone.route).toMatchObject({ provider: "b", model: "b-model" });
  expect(within.route).toMatchObject({ provider: "b", model: "b-model" });
  expect([namesOf(alone), namesOf(within), heard]).toEqual([
    ["a", "b"],
    ["first", "a", "b"],
    ["first", "a", "b"],
  ]);
});

test("a wrapped chain that is exhausted is followed by the next candidate, and counts against nobody but its own", async () => {
  const health = createMemoryHealth();
  const inner = createChain([fakeProvider("a", [BLOCKED])]);
  const logged = { ...inner, id: "logged", stream: (request: ChatRequest) => inner.stream(request) };

  const { route } = await chat(
    createChain([logged, fakeProvider("last", [answer("here")])], { health }),
    QUESTION,
  ).result();

  expect(route.attempts.map(({ provider }) => provider)).toEqual(["a", "last"]);
  expect(health.peek({ provider: "logged", model: "" })).toEqual(health.peek({ provider: "x", model: "" }));
});

test("a wrapper that loses the end of an answer gives none that looks whole", async () => {
  const chain = createChain([fakeProvider("only", [answer("here")])]);
  const lossy: ChatProvider = {
    ...chain,
    async *stream(request) {
      for await (const part of chain.stream(request)) if (part.type !== "finish") yield part;
    },
  };

  await expect(chat(lossy, QUESTION).text()).rejects.toMatchObject({
    code: "interrupted",
    partial: { text: "here" },
  });
});

test("a code that only a later minor knows is followed as a failure of the server is", async () => {
  const refused = [new ChatError("region" as never, "is not served in this country")];
  const chain = createChain([fakeProvider("newer", [refused]), fakeProvider("well", [answer("here")])]);

  const { text, route } = await chat(chain, QUESTION).result();

  expect(text).toBe("here");
  expect(route.attempts).toMatchObject([{ provider: "newer", code: "region" }, { provider: "well" }]);
});

test("an answer that is not read in time counts against nobody", async () => {
  const counted = { health: "count", cooldownMs: 60_000, factor: 1, longestMs: 60_000 } as const;
  const options = { policy: { deadline: counted }, timeouts: { totalMs: 20 } };
  const fast = fakeProvider("fast", [answer("he", "re")]);
  const silent = fakeProvider("silent", [[...content("he"), "silence"]]);
  const [read, unread] = [createMemoryHealth(), createMemoryHealth()];

  for (let call = 0; call < 3; call++) {
    const reply = chat(createChain([fast], { ...options, health: unread }), QUESTION);
    await reply[Symbol.asyncIterator]().next();
    await expect(reply.result()).rejects.toMatchObject({ code: "deadline" });
    await expect(
      chat(createChain([silent], { ...options, health: read }), QUESTION).text(),
    ).rejects.toThrow();
  }

  expect(unread.peek({ provider: "fast", model: "fast-model" }).repeats).toBe(0);
  expect(read.peek({ provider: "silent", model: "silent-model" }).repeats).toBe(3);
});
