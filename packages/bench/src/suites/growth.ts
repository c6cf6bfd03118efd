import { ChatError } from "@fallthrough/core";
import { createMemoryHealth, createRegistry, type Registry } from "@fallthrough/registry";
import type { Suite } from "../bench.ts";
import { PROMPT } from "../client.ts";
import { createStub } from "../clients/stub.ts";
import { figuresOf } from "../figure.ts";
import { checkText } from "../read.ts";
import { median } from "../statistics.ts";
import { type Entrant, measure, takeTurns } from "../turns.ts";

/** A turn's figure is the median of so many batches. */
const BATCHES = 15;
const CALLS = 50;
const SHARED = "shared-model";
/** How many a decision among cooling ones is made over. */
const CANDIDATES = 20;
const MEASURE = { name: "choosing, per call", unit: "µs", relation: "added" } as const;
const DECISION = { name: "deciding", unit: "µs", relation: "none" } as const;
const DECISIONS = 1_000;
/** A key that is refused for longer than the suite takes. */
const REFUSED_KEY = {
  code: "auth",
  scope: "key",
  effect: "park",
  hard: true,
  cooldownMs: 3_600_000,
  factor: 1,
  longestMs: 3_600_000,
} as const;
const SIZES = [
  { providers: 1, models: 1 },
  { providers: 10, models: 100 },
  { providers: 20, models: 20 },
  { providers: 100, models: 1_000 },
];
/** What a call names, by the number of providers and of models. */
const REFERENCES: readonly (readonly [string, (providers: number, models: number) => string])[] = [
  ["every provider", () => "auto"],
  ["a model that all declare", () => SHARED],
  ["a model that one declares", (_, models) => `model-${models - 1}`],
  ["a provider and its model", (providers, models) => `provider-${providers - 1}/model-${models - 1}`],
  ["an alias", () => "fast"],
];

/** What a call takes as providers and models grow, without any network. */
export const growthSuite: Suite = {
  name: "growth",
  short: true,
  async run({ rounds }) {
    const figures = [];
    for (const [variant, referenceFor] of REFERENCES) {
      const entrants = SIZES.map(({ providers, models }) =>
        entrant(nameOf({ providers, models }), providers, models, referenceFor(providers, models)),
      );
      const samples = await takeTurns(entrants, rounds);
      const place = { suite: "growth", variant, base: nameOf({ providers: 1, models: 1 }) };
      figures.push(...figuresOf(place, [MEASURE], samples));
    }
    const alone = nameOf({ providers: 1, models: 1 });
    const entrants = [entrant(alone, 1, 1, "auto"), coolingEntrant()];
    const place = { suite: "growth", variant: "the last, as all before it cool down", base: alone };
    figures.push(...figuresOf(place, [MEASURE], await takeTurns(entrants, rounds)));
    const decision = { suite: "growth", variant: "the decision alone", base: alone };
    figures.push(...figuresOf(decision, [DECISION], await takeTurns([decisionEntrant()], rounds)));
    return figures;
  },
};

/** Finds the only one that may be asked, of twenty, in what is remembered of them. */
function decisionEntrant(): Entrant {
  const health = createMemoryHealth();
  const subjects = Array.from({ length: CANDIDATES }, (_, place) => ({
    provider: `provider-${place}`,
    model: `model-${place}`,
  }));
  for (const subject of subjects.slice(0, -1)) {
    const permit = health.admit(subject);
    if (permit.admitted) health.fail(permit, REFUSED_KEY);
  }

  function decide(count: number): void {
    for (let made = 0; made < count; made += 1) {
      const found = subjects.map((subject) => health.admit(subject)).find(({ admitted }) => admitted);
      if (found?.admitted !== true) throw new Error("nobody may be asked");
      health.succeed(found);
    }
  }
  return {
    name: `${CANDIDATES} candidates`,
    warmUp: async () => decide(DECISIONS * 4),
    async turn() {
      const times: number[] = [];
      for (let batch = 0; batch < BATCHES; batch += 1) {
        const { wall } = await measure(async () => decide(DECISIONS));
        times.push((wall * 1_000) / DECISIONS);
      }
      return { [DECISION.name]: median(times) };
    },
  };
}

/** Asks the only one that is well, of twenty. */
function coolingEntrant(): Entrant {
  const stubs = Array.from({ length: CANDIDATES }, (_, place) =>
    createStub(
      `provider-${place}`,
      [`model-${place}`],
      place < CANDIDATES - 1 ? () => new ChatError("auth", "the key is refused") : undefined,
    ),
  );
  return createEntrant(
    `${CANDIDATES} providers, ${CANDIDATES} models`,
    createRegistry({ providers: stubs }),
    "auto",
  );
}

function nameOf({ providers, models }: (typeof SIZES)[number]): string {
  const count = (number: number, noun: string): string =>
    `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
  return `${count(providers, "provider")}, ${count(models, "model")}`;
}

function entrant(name: string, providers: number, models: number, model: string): Entrant {
  const share = models / providers;
  const stubs = Array.from({ length: providers }, (_, place) =>
    createStub(`provider-${place}`, [
      ...Array.from({ length: share }, (_, index) => `model-${place * share + index}`),
      SHARED,
    ]),
  );
  const last = `provider-${providers - 1}/model-${models - 1}`;
  const registry = createRegistry({ providers: stubs, aliases: { fast: [last, "provider-0"] } });
  return createEntrant(name, registry, model);
}

function createEntrant(name: string, registry: Registry, model: string): Entrant {
  async function ask(calls: number): Promise<void> {
    for (let made = 0; made < calls; made += 1) {
      let text = "";
      const reply = registry.chat({ model, messages: [{ role: "user", content: PROMPT }] });
      for await (const piece of reply.textStream) text += piece;
      checkText(name, text, "text");
    }
  }
  return {
    name,
    warmUp: () => ask(CALLS * 4),
    async turn() {
      const times: number[] = [];
      for (let batch = 0; batch < BATCHES; batch += 1) {
        const { wall } = await measure(() => ask(CALLS));
        times.push((wall * 1_000) / CALLS);
      }
      return { "choosing, per call": median(times) };
    },
  };
}
