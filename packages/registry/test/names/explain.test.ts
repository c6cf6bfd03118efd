import { ChatError } from "@fallthrough/core";
import { createOpenAI } from "@fallthrough/provider-openai";
import { expect, test } from "vitest";
import { createMemoryHealth, createRegistry, type HealthStore } from "../../src/index.ts";
import { answer, fakeProvider, QUESTION } from "../fake-provider.ts";

function setUp(...failing: string[]) {
  const provider = (id: string, card = {}) =>
    fakeProvider(id, [failing.includes(id) ? [new ChatError("abuse", "refused")] : answer("here")], card);
  return createRegistry({
    providers: [
      provider("first"),
      provider("gone", { status: { state: "retired", checked: "2024-01-30" } }),
      provider("second", { models: [{ id: "m", capabilities: { tools: false } }] }),
    ],
    aliases: { fast: "auto" },
  });
}

test("every step from a name to those who would be asked is told, with why others would not", async () => {
  const registry = setUp("first");
  await registry.chat(QUESTION).text();

  expect(await registry.explain("fast")).toEqual([
    { type: "alias", name: "fast", targets: ["auto"] },
    { type: "auto", name: "auto", targets: ["first/first-model", "gone/gone-model", "second/m"] },
    {
      type: "candidate",
      name: "first/first-model",
      provider: "first",
      model: "first-model",
      outcome: "skipped",
      state: "cooling",
      code: "abuse",
      reason: expect.stringMatching(/^cooling since .+Z until .+Z, ended by a probe after that time/),
      since: expect.any(Date),
      until: expect.any(Date),
      endedBy: "a probe after that time, or an answer because nobody else is left",
    },
    {
      type: "candidate",
      name: "gone/gone-model",
      provider: "gone",
      model: "gone-model",
      outcome: "skipped",
      state: "well",
      reason: "retired, as of 2024-01-30",
    },
    { type: "candidate", name: "second/m", provider: "second", model: "m", outcome: "asked", state: "well" },
  ]);
});

test("what a request would need is taken into account", async () => {
  const steps = await setUp().explain("auto", ["tools"]);

  expect(
    steps
      .slice(1)
      .map((step) => (step.type === "candidate" ? [step.provider, step.outcome, step.reason] : [])),
  ).toEqual([
    ["gone", "skipped", "retired, as of 2024-01-30"],
    ["second", "skipped", "does not do tools"],
    ["first", "asked", undefined],
  ]);
});

test("when all cool down, all that would be asked nevertheless are told", async () => {
  const registry = setUp("first", "second");
  await registry
    .chat(QUESTION)
    .text()
    .catch(() => {});

  expect(
    (await registry.explain()).map((step) => (step.type === "candidate" ? step.outcome : step.type)),
  ).toEqual(["auto", "asked", "skipped", "asked"]);
});

test("explaining takes no probe", async () => {
  let time = 0;
  const health = createMemoryHealth({ now: () => time });
  const provider = fakeProvider("one", [[new ChatError("abuse", "refused")]]);
  const registry = createRegistry({ providers: [provider, fakeProvider("two", [answer("here")])], health });
  await registry.chat(QUESTION).text();
  time += 24 * 3_600_000;

  const steps = await registry.explain();

  expect(steps[1]).toMatchObject({
    outcome: "asked",
    state: "probing",
    endedBy: "the first content of the next call",
  });
  expect(health.admit({ provider: "one", model: "one-model" })).toMatchObject({ admitted: true });
});

test("an unknown name is an error", async () => {
  await expect(setUp().explain("nobody")).rejects.toMatchObject({ code: "config" });
});

test("a store that answers later is asked in the same way", async () => {
  const memory = createMemoryHealth();
  const health: HealthStore = { ...memory, peek: async (subject) => memory.peek(subject) };
  const provider = fakeProvider("one", [[new ChatError("auth", "refused")]]);
  const registry = createRegistry({ providers: [provider], health });
  await registry
    .chat(QUESTION)
    .text()
    .catch(() => {});

  expect((await registry.explain()).at(-1)).toMatchObject({
    outcome: "skipped",
    state: "refused",
    code: "auth",
    endedBy: expect.stringContaining("resetHealth()"),
  });
});

test("who is probed now is not asked in its turn, and asked where nobody else is left", async () => {
  let time = 0;
  const health = createMemoryHealth({ now: () => time });
  const turns = [[new ChatError("abuse", "refused")], ["silence" as const]];
  const registry = createRegistry({
    providers: [fakeProvider("one", turns), fakeProvider("two", [answer("here")])],
    health,
  });
  await registry.chat(QUESTION).text();
  time += 24 * 3_600_000;
  const probe = registry.chat({ ...QUESTION, model: "one" });
  const failure = probe.text().catch((error: unknown) => error);
  await new Promise(setImmediate);

  const outcomeOf = async (name: string) =>
    (await registry.explain(name)).flatMap((step) =>
      step.type === "candidate" ? [[step.provider, step.state, step.outcome]] : [],
    );

  expect(await outcomeOf("auto")).toEqual([
    ["one", "probing", "skipped"],
    ["two", "well", "asked"],
  ]);
  expect(await outcomeOf("one")).toEqual([["one", "probing", "asked"]]);
  await registry.close();
  await failure;
});

test("a state is told with when it began and when it ends", async () => {
  let time = 0;
  const health = createMemoryHealth({ now: () => time });
  const registry = createRegistry({
    providers: [
      fakeProvider("one", [[new ChatError("abuse", "refused")]]),
      fakeProvider("two", [answer("")]),
    ],
    health,
    emptyAnswer: "allow",
  });
  await registry.chat(QUESTION).text();
  time += 60_000;

  const step = (await registry.explain())[1];

  const { since, until } = step as { since: Date; until: Date };
  expect(Date.now() - since.getTime()).toBeGreaterThanOrEqual(60_000);
  expect(until.getTime()).toBeGreaterThan(Date.now());
});

test("each key is told by its place and its mark, and a model only where one is named", async () => {
  const provider = createOpenAI({ id: "mine", baseURL: "http://127.0.0.1:9/v1", apiKey: ["a", "b"] });
  const registry = createRegistry({ providers: [provider, fakeProvider("any", [], { models: [] })] });

  const steps = (await registry.explain("mine/x")).filter(({ type }) => type === "candidate");

  expect(steps).toMatchObject([
    { model: "x", key: { position: 1, mark: expect.stringMatching(/./) } },
    { model: "x", key: { position: 2, mark: expect.stringMatching(/./) } },
  ]);
  expect(Object.keys((await registry.explain("any"))[1] ?? {}).sort()).toEqual([
    "name",
    "outcome",
    "provider",
    "state",
    "type",
  ]);
  await registry.close();
});
