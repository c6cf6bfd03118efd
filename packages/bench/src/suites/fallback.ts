import type { Bench, Suite, Upstream } from "../bench.ts";
import type { Chain, CreateChain } from "../chain.ts";
import { createCoolingChain, createRegistryChain, STALL_MS } from "../clients/fallback.ts";
import { type Figure, figuresOf } from "../figure.ts";
import { createFloorChain } from "../floors/fallback.ts";
import { checkText } from "../read.ts";
import { median } from "../statistics.ts";
import { type Entrant, takeTurns } from "../turns.ts";
import { type Answer, formatBaseURL } from "../upstream/answer.ts";
import { textOf } from "../upstream/text.ts";

const GOOD = { kind: "openai", events: 10 } as const;
const CALLS = 200;
/** A server that never answers takes its time, so it is called less often. */
const STALLED_CALLS = 6;
const WARM_UP_CALLS = 10;
/** Calls after each failure before any counts, for whoever has a bound: V8 goes on compiling for ten thousand calls. */
const COMPILING_CALLS = 2_000;
const MEASURE = "first text, p50";

/** How the first server fails. */
const FAILURES: readonly { readonly variant: string; readonly answer: Answer | "refused" }[] = [
  { variant: "refused", answer: "refused" },
  { variant: "500", answer: { kind: "status", status: 500 } },
  { variant: "429", answer: { kind: "status", status: 429 } },
  { variant: "block page", answer: { kind: "block-page" } },
  { variant: `silent for ${STALL_MS} ms`, answer: { kind: "stall" } },
];

const CHAINS: readonly (readonly [name: string, create: CreateChain])[] = [
  ["two floor-min calls", createFloorChain],
  ["registry, 2 candidates", createRegistryChain],
];

/** What it adds to the direct call that the first of two servers fails; every chain against its own direct call. */
export const fallbackSuite: Suite = {
  name: "fallback",
  short: true,
  async run(bench) {
    for (const [name, create] of CHAINS) await compile(bench, name, create);
    const figures = [];
    for (const { variant, answer } of FAILURES) {
      for (const [name, create] of CHAINS) {
        figures.push(...(await measureFallback(bench, variant, answer, name, create)));
      }
      // a server that never answers is a matter of settings, and every peer has its own
      for (const { name, create } of variant.startsWith("silent") ? [] : bench.peerChains) {
        try {
          figures.push(...(await measureFallback(bench, variant, answer, name, create)));
        } catch (error) {
          console.error(`fallback: ${name} does not fall over, ${variant}: ${(error as Error).message}`);
        }
      }
    }
    const cooling = { kind: "status", status: 429 } as const;
    figures.push(
      ...(await measureFallback(bench, "cooling", cooling, "registry, 2 candidates", createCoolingChain)),
    );
    return figures;
  },
};

/** Lets the code of a chain be compiled. */
async function compile({ upstream }: Bench, name: string, create: CreateChain): Promise<void> {
  for (const { answer } of FAILURES.filter(({ answer }) => !stallsWith(answer))) {
    const chain = create(serversOf(upstream, answer), false);
    await entrant(name, chain, COMPILING_CALLS).turn();
    await chain.close?.();
  }
}

/** The failing server and the one that answers. */
function serversOf({ origins, refused }: Upstream, answer: Answer | "refused"): readonly [string, string] {
  const [failing, origin] = origins;
  const bad = answer === "refused" ? `${refused}/v1` : formatBaseURL(failing, answer);
  return [bad, formatBaseURL(origin, GOOD)];
}

function stallsWith(answer: Answer | "refused"): boolean {
  return typeof answer === "object" && answer.kind === "stall";
}

async function measureFallback(
  { upstream, rounds }: Bench,
  variant: string,
  answer: Answer | "refused",
  name: string,
  create: CreateChain,
): Promise<readonly Figure[]> {
  const [bad, good] = serversOf(upstream, answer);
  const stalls = stallsWith(answer);
  const calls = stalls ? STALLED_CALLS : CALLS;
  const direct = create([good], false);
  const chain = create([bad, good], stalls);
  const entrants = [entrant("direct", direct, calls), entrant(name, chain, calls)];
  const samples = await takeTurns(entrants, rounds);
  await Promise.all([direct.close?.(), chain.close?.()]);

  const place = { suite: "fallback", variant, base: "direct" };
  return figuresOf(place, [{ name: MEASURE, unit: "ms", relation: "added" }], samples).filter(
    ({ client }) => client === name,
  );
}

function entrant(name: string, chain: Chain, calls: number): Entrant {
  const expected = textOf(GOOD);
  async function call(): Promise<number> {
    const ask = chain.prepare();
    const start = performance.now();
    let firstAt = 0;
    let text = "";
    for await (const piece of ask()) {
      if (firstAt === 0) firstAt = performance.now();
      text += piece;
    }
    checkText(name, text, expected);
    return firstAt - start;
  }
  return {
    name,
    async warmUp() {
      for (let made = 0; made < Math.min(calls, WARM_UP_CALLS); made += 1) await call();
    },
    async turn() {
      const times: number[] = [];
      for (let made = 0; made < calls; made += 1) times.push(await call());
      return { [MEASURE]: median(times) };
    },
  };
}
