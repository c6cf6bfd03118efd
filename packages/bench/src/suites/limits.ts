import type { ChatProvider, ProviderSettings } from "@fallthrough/core";
import { callOf, providerCard } from "@fallthrough/core/internal";
import { createMemoryHealth, createRegistry, type HealthStore } from "@fallthrough/registry";
import type { Suite } from "../bench.ts";
import { PROMPT } from "../client.ts";
import { figuresOf } from "../figure.ts";
import { checkText } from "../read.ts";
import { quantile } from "../statistics.ts";
import { type Entrant, measure, takeShortTurns } from "../turns.ts";

/** Calls whose CPU is measured together. */
const BATCH = 20;
const BATCHES = 15;
/** Into so many turns a round is split: what is looked for is smaller than what a machine's pace changes. */
const TURNS = 10;
/** What disturbs a batch can only add to it, so the cheapest of them tell what the code costs. */
const UNDISTURBED = 0.1;
/** V8 goes on compiling for ten thousand calls. */
const WARM_UP_ROUNDS = 4;
const WITHOUT = "no ledger";
const MEASURE = { name: "CPU of a call", unit: "µs", relation: "added" } as const;
/** Groq's fields, with room for every call. */
const HEAD = {
  "x-ratelimit-limit-requests": "1000000000",
  "x-ratelimit-remaining-requests": "999999999",
  "x-ratelimit-reset-requests": "2m59.56s",
  "x-ratelimit-limit-tokens": "1000000000",
  "x-ratelimit-remaining-tokens": "999999999",
  "x-ratelimit-reset-tokens": "7.66s",
};
const DECLARED = { requests: { minute: 1e9, day: 1e9 }, tokens: { minute: 1e9, day: 1e9 } };

/** What it costs a call that goes well that limits are known beforehand: the same registry with the ledger and without. */
export const limitsSuite: Suite = {
  name: "limits",
  short: true,
  async run({ rounds }) {
    const entrants = [
      entrant(WITHOUT, { health: withoutLedger(createMemoryHealth()) }),
      entrant("no limits told", {}),
      entrant("limits in each head", { head: HEAD }),
      entrant("limits declared", { limits: DECLARED }),
      entrant("limits in each head, and declared", { head: HEAD, limits: DECLARED }),
    ];
    const samples = await takeShortTurns(entrants, rounds, TURNS, WARM_UP_ROUNDS);
    const place = { suite: "limits", variant: "one provider in memory", base: WITHOUT };
    return figuresOf(place, [MEASURE], samples);
  },
};

/** The same store, of which nobody learns of limits. */
function withoutLedger(health: HealthStore): HealthStore {
  return {
    peek: (subject) => health.peek(subject),
    admit: (subject, { insist, firstChunkMs } = {}) => health.admit(subject, { insist, firstChunkMs }),
    commit: (permit) => health.commit?.(permit),
    succeed: (permit) => health.succeed(permit),
    fail: (permit, failure) => health.fail(permit, failure),
    release: (permit, options) => health.release(permit, options),
  };
}

interface Known {
  readonly health?: HealthStore;
  readonly head?: Readonly<Record<string, string>>;
  readonly limits?: ProviderSettings["limits"];
}

function entrant(name: string, { health = createMemoryHealth(), head, limits }: Known): Entrant {
  const registry = createRegistry({ providers: [createService(head, limits)], health });

  async function ask(calls: number): Promise<void> {
    for (let made = 0; made < calls; made += 1) {
      let text = "";
      const reply = registry.chat({ model: "one/model", messages: [{ role: "user", content: PROMPT }] });
      for await (const piece of reply.textStream) text += piece;
      checkText(name, text, "text");
    }
  }

  return {
    name,
    warmUp: () => ask(BATCH),
    async turn() {
      const costs: number[] = [];
      for (let batch = 0; batch < BATCHES; batch += 1) {
        const { cpu } = await measure(() => ask(BATCH));
        costs.push(cpu / BATCH);
      }
      return { [MEASURE.name]: quantile(costs, UNDISTURBED) };
    },
  };
}

/** A provider that answers from memory, tells this head as an HTTP client does, and counts its tokens. */
function createService(
  head: Readonly<Record<string, string>> | undefined,
  limits: ProviderSettings["limits"],
): ChatProvider {
  const fallthrough = {
    specificationVersion: 1,
    id: "one",
    name: "one",
    status: { state: "active", checked: "2026-11-01" },
    models: [{ id: "model" }],
  };
  return {
    ...providerCard({ fallthrough }, { limits }),
    async *stream({ signal }) {
      if (head !== undefined && signal !== undefined) callOf(signal)?.observer?.headed?.(head);
      yield { type: "text-delta", delta: "text" };
      yield { type: "finish", finishReason: "stop", usage: { inputTokens: 10, outputTokens: 1 } };
    },
  };
}
