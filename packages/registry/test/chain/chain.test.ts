import { ChatError, type ChatProvider, chat } from "@fallthrough/core";
import { guard } from "@fallthrough/core/internal";
import { providerCard } from "@fallthrough/core/provider";
import { expect, test } from "vitest";
import { ChainExhaustedError, createChain } from "../../src/index.ts";
import { answer, fakeProvider, QUESTION } from "../fake-provider.ts";

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
