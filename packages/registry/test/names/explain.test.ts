import { ChatError } from "@fallthrough/core";
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
  const registry = createRegistry({ providers: [provider], health });
  await registry
    .chat(QUESTION)
    .text()
    .catch(() => {});
  time += 24 * 3_600_000;

  const steps = await registry.explain();

  expect(steps.at(-1)).toMatchObject({
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
