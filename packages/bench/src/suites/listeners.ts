import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { CALL_CHANNELS, createRegistry, type Registry } from "@fallthrough/registry";
import type { Suite } from "../bench.ts";
import { PROMPT } from "../client.ts";
import { createStub } from "../clients/stub.ts";
import { figuresOf } from "../figure.ts";
import { checkText } from "../read.ts";
import { median } from "../statistics.ts";
import { type Entrant, measure, takeTurns } from "../turns.ts";

const BATCHES = 15;
const CALLS = 50;
const NOBODY = "nobody listens";
const MEASURE = { name: "a call", unit: "µs", relation: "added" } as const;
/** What a registry asks at each call where nobody listens; measured alone, because one call hides it. */
const CHECK = { name: "asking whether anybody listens", unit: "% of a call", relation: "none" } as const;
const CHECKS = 100_000;
const CHANNELS = Object.values(CALL_CHANNELS);
const asked = CHANNELS.map((name) => channel(name));

/** What it costs that calls can be watched: with nobody, with a function, and on Node's channels. */
export const listenersSuite: Suite = {
  name: "listeners",
  short: true,
  async run({ rounds }) {
    const entrants = [
      entrant(NOBODY, undefined),
      entrant("a function", "function"),
      entrant("Node's channels", "channels"),
    ];
    const samples = await takeTurns([...entrants], rounds);
    const place = { suite: "listeners", variant: "one provider in memory", base: NOBODY };
    return figuresOf(place, [MEASURE, CHECK], samples);
  },
};

type Listening = "function" | "channels" | undefined;

function entrant(name: string, listening: Listening): Entrant {
  const registry = createRegistry({ providers: [createStub("one", ["model"])] });
  const heard = { attempt() {}, committed() {}, ended() {} };
  if (listening === "function") registry.observe(() => heard);
  return {
    name,
    warmUp: () => ask(name, registry, CALLS * 4),
    async turn() {
      const ignore = (): void => {};
      const channels = listening === "channels" ? CHANNELS : [];
      for (const name of channels) subscribe(name, ignore);
      const times: number[] = [];
      for (let batch = 0; batch < BATCHES; batch += 1) {
        const { wall } = await measure(() => ask(name, registry, CALLS));
        times.push((wall * 1_000) / CALLS);
      }
      for (const name of channels) unsubscribe(name, ignore);
      const call = median(times);
      return { [MEASURE.name]: call, ...(listening === undefined ? { [CHECK.name]: shareOf(call) } : {}) };
    },
  };
}

async function ask(name: string, registry: Registry, calls: number): Promise<void> {
  for (let made = 0; made < calls; made += 1) {
    let text = "";
    const reply = registry.chat({ model: "one/model", messages: [{ role: "user", content: PROMPT }] });
    for await (const piece of reply.textStream) text += piece;
    checkText(name, text, "text");
  }
}

/** How much of a call of so many microseconds the question takes, in percent. */
function shareOf(call: number): number {
  const start = performance.now();
  let heard = 0;
  for (let made = 0; made < CHECKS; made += 1) {
    if (asked.some(({ hasSubscribers }) => hasSubscribers)) heard += 1;
  }
  const micros = ((performance.now() - start) * 1_000) / CHECKS;
  if (heard > 0) throw new Error("somebody listens");
  return (micros / call) * 100;
}
