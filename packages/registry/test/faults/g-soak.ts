import { getEventListeners, setMaxListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CHAT_ERROR_CODES, ChatError, chat } from "@fallthrough/core";
import { expect } from "vitest";
import { ChainExhaustedError, createChain } from "../../src/index.ts";
import type { Consume, Consumed, FaultRow } from "./row.ts";
import { type SoakServer, soakAnswer, startSoakServer } from "./soak-server.ts";
import { wireProvider } from "./wire-provider.ts";

/** `npm run soak` sets it; one run reads part by part and one as a whole. */
const CALLS = Number(process.env["FALLTHROUGH_SOAK_CALLS"] ?? 400) / 2;
const PARALLEL = 50;
/** The last share of the calls; those before them warm up. */
const MEASURED = 0.5;
const FAULTS = 0.3;
const ABORTS = 0.02;
/** Longer than a busy machine takes to answer 50 calls at once. */
const SILENCE_MS = 1_000;
const GROWTH = 0.05;
const NAMES = ["first", "second", "third"];
/** Faults that come by chance would bench everybody, and then nobody would be asked any more. */
const POLICY_OF_RUN = Object.fromEntries(CHAT_ERROR_CODES.map((code) => [code, { cooldownMs: 0 }]));

/** What the process holds once nothing is under way. */
interface Holdings {
  readonly heap: number;
  readonly handles: number;
  readonly listeners: number;
}

type Outcome = "answered" | "cut" | "stopped" | "nobody" | "aborted";

/** A generator of https://en.wikipedia.org/wiki/Xorshift, the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

/** What came of a call; @throws for an answer that is not one candidate's own */
function outcomeOf({ text, error }: Consumed, prompt: string): Outcome {
  const answers = NAMES.map((name) => soakAnswer(name, prompt).join(""));
  if (error === undefined) {
    expect(answers).toContain(text);
    return "answered";
  }
  if (error instanceof ChainExhaustedError) return "nobody";
  if (!(error instanceof ChatError)) {
    expect(error).toHaveProperty("name", "AbortError");
    return "aborted";
  }
  if (error.phase !== "committed") return "stopped";
  expect(answers.some((answer) => answer.startsWith(error.partial?.text ?? "?"))).toBe(true);
  return "cut";
}

async function soak(consume: Consume): Promise<void> {
  const random = seeded(73);
  const servers = await Promise.all(NAMES.map((name) => startSoakServer(name, FAULTS, random)));
  const providers = servers.map(({ origin }, index) => wireProvider(NAMES[index] as string, origin));
  const chain = createChain(providers, {
    policy: POLICY_OF_RUN,
    timeouts: { firstChunkMs: SILENCE_MS, chunkMs: SILENCE_MS },
  });
  /** Lives as long as the application, as a signal that ends it would. */
  const lasting = new AbortController().signal;
  setMaxListeners(0, lasting);
  const outcomes: Record<Outcome, number> = { answered: 0, cut: 0, stopped: 0, nobody: 0, aborted: 0 };
  let started = 0;

  async function call(): Promise<void> {
    const prompt = `question ${started++}`;
    const controller = new AbortController();
    if (random() < ABORTS) setTimeout(() => controller.abort(), 2);
    const signal = random() < 0.5 ? lasting : controller.signal;
    const reply = chat(chain, { messages: [{ role: "user", content: prompt }], signal });
    outcomes[outcomeOf(await consume(reply), prompt)]++;
  }

  async function run(until: number): Promise<Holdings> {
    const workers = Array.from({ length: PARALLEL }, async () => {
      while (started < until) await call();
    });
    await Promise.all(workers);
    return settled(servers, lasting);
  }

  const begun = performance.now();
  const before = await run(Math.floor(CALLS * MEASURED));
  const after = await run(CALLS);

  await chain.close?.();
  await Promise.all(servers.map((server) => server.close()));
  if ("FALLTHROUGH_SOAK_CALLS" in process.env)
    console.log(summary(servers, outcomes, before, after, performance.now() - begun));
  expect(Object.values(outcomes).reduce((sum, count) => sum + count)).toBe(started);
  expect(outcomes.answered).toBeGreaterThan(started / 2);
  for (const name of ["heap", "handles", "listeners"] as const)
    expect(after[name], name).toBeLessThanOrEqual(before[name] * (1 + GROWTH));
}

async function settled(servers: readonly SoakServer[], signal: AbortSignal): Promise<Holdings> {
  await Promise.all(servers.map((server) => server.settle()));
  collectGarbage();
  // what the first collection finalized the second one frees
  await new Promise((resolve) => setTimeout(resolve, 50));
  collectGarbage();
  return {
    heap: process.memoryUsage().heapUsed,
    handles: process.getActiveResourcesInfo().length,
    listeners: getEventListeners(signal, "abort").length + process.listenerCount("unhandledRejection"),
  };
}

function summary(
  servers: readonly SoakServer[],
  outcomes: Readonly<Record<Outcome, number>>,
  before: Holdings,
  after: Holdings,
  ms: number,
): string {
  const requests = servers.reduce((sum, server) => sum + server.requests, 0);
  const faults = servers.reduce((sum, server) => sum + server.faults, 0);
  const counts = Object.entries(outcomes).map(([name, count]) => `${count} ${name}`);
  const growth = Object.entries(after).map(
    ([name, value]) => `${name} ${before[name as keyof Holdings]} -> ${value}`,
  );
  return [
    `${CALLS} calls in ${(ms / 1_000).toFixed(1)} s: ${counts.join(", ")}`,
    `${requests} requests, ${faults} of them broken (${((100 * faults) / requests).toFixed(1)} %)`,
    growth.join(", "),
  ].join("\n");
}

/** Many calls at once, many of them broken, and nothing that stays behind. */
export const SOAK_ROWS: readonly FaultRow[] = [
  {
    row: 73,
    fault: "many calls",
    sent: "30 % faults, 50 calls at once",
    code: "-",
    follows: "answer",
    run: soak,
  },
];
