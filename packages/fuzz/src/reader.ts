import type { ChatReply, ChatResult, StreamPart } from "@fallthrough/core";
import { pause, within } from "./pause.ts";
import { createRandom, type Random } from "./random.ts";

/** What the reader of a reply does. */
export interface Reading {
  /** Part by part, the text alone, or the whole at once. */
  readonly way: "parts" | "text" | "result" | "whole text";
  /** How often `next()` is called at once. */
  readonly burst: number;
  /** The longest pause between two bursts, in milliseconds. */
  readonly pauseMs: number;
  /** How long it does something else after the first burst, in milliseconds. */
  readonly restMs: number;
  /** The reader stops after so many values. */
  readonly stopAfter: number;
  /** What it does then: it leaves, leaves while it waits, aborts, or never comes back until the call is ended. */
  readonly stop: "leave" | "leave while waiting" | "abort" | "stay away" | "stay away for good";
  /** The call is aborted after so many milliseconds. */
  readonly abortMs: number | undefined;
  /** How many others wait for the result meanwhile. */
  readonly others: number;
  /** Decides the lengths of pauses. */
  readonly seed: number;
}

/** What the reader of a reply saw. */
export interface Seen {
  /** The text that came, or that of the whole. */
  readonly text: string;
  /** How it ended for the reader. */
  readonly end: "whole" | "left" | "failed";
  /** Why the call failed. */
  readonly failure?: unknown;
  /** What is wrong with the way in which the promises of the reply settled. */
  readonly problems: readonly string[];
}

/** What a call has, which its reader may end. */
export interface ReadCall {
  readonly reply: ChatReply;
  readonly controller: AbortController;
}

/** A promise that has not settled by then never will. */
export const LONGEST_MS = 60_000;
/** What a reader aborts with. */
export const REASON: Error = new Error("the reader aborts");

/** A random way to read. */
export function createReading(random: Random): Reading {
  const stops = random.chance(0.35);
  return {
    way: random.pick(["parts", "parts", "text", "text", "result", "whole text"]),
    burst: random.chance(0.7) ? 1 : random.integer(2, 4),
    pauseMs: random.pick([0, 0, 1, 3]),
    restMs: random.chance(0.15) ? random.integer(5, 40) : 0,
    stopAfter: stops ? random.size(1, 100) : Number.POSITIVE_INFINITY,
    stop: random.pick(["leave", "leave while waiting", "abort", "stay away", "stay away for good"]),
    abortMs: random.chance(0.08) ? random.integer(0, 20) : undefined,
    others: random.chance(0.4) ? random.integer(1, 3) : 0,
    seed: random.integer(0, 2 ** 31),
  };
}

/** Reads a reply as this says, until every promise of it has settled. */
export async function readReply(reading: Reading, call: ReadCall): Promise<Seen> {
  const { reply, controller } = call;
  const { abortMs, way } = reading;
  const timer = abortMs === undefined ? undefined : setTimeout(() => controller.abort(REASON), abortMs);
  try {
    const isWhole = way === "result" || way === "whole text";
    const reader = isWhole ? readWhole(reading, reply) : readValues(reading, call);
    // settled promises, so that nobody has to be there when one rejects
    const others = Promise.allSettled(
      Array.from({ length: reading.others }, (_, index) => (index % 2 === 0 ? reply.result() : reply.text())),
    );
    const refused = reading.others > 1 ? secondReader(reply) : undefined;
    const seen = await within(reader, LONGEST_MS, "the reader");
    const last = Promise.allSettled([reply.result()]);
    const settled = await within(Promise.all([last, others]), LONGEST_MS, "a promise of the reply");
    return {
      ...seen,
      problems: [...seen.problems, ...settledProblems(seen, settled.flat()), ...((await refused) ?? [])],
    };
  } finally {
    clearTimeout(timer);
  }
}

async function readWhole({ way }: Reading, reply: ChatReply): Promise<Seen> {
  try {
    const text = way === "result" ? (await reply.result()).text : await reply.text();
    return { text, end: "whole", problems: [] };
  } catch (failure) {
    return { text: "", end: "failed", failure, problems: [] };
  }
}

async function readValues(reading: Reading, { reply, controller }: ReadCall): Promise<Seen> {
  const { way, burst, pauseMs, restMs, stopAfter, stop, seed } = reading;
  const values: AsyncIterator<StreamPart | string> = (way === "text" ? reply.textStream : reply)[
    Symbol.asyncIterator
  ]();
  const random = createRandom(seed);
  const problems: string[] = [];
  let text = "";
  let count = 0;
  let isFinished = false;
  let failure: { readonly reason: unknown } | undefined;
  let isOver = false;

  function take(settled: PromiseSettledResult<IteratorResult<StreamPart | string>>): void {
    if (settled.status === "rejected") {
      if (isOver) problems.push("next() rejects after the end");
      failure = { reason: settled.reason };
      isOver = true;
    } else if (settled.value.done) isOver = true;
    else {
      if (isOver || isFinished) problems.push("something comes after the end");
      const { value } = settled.value;
      count++;
      if (typeof value === "string") text += value;
      else if (value.type === "text-delta") text += value.delta;
      isFinished ||= typeof value !== "string" && value.type === "finish";
    }
  }

  async function ask(times: number): Promise<void> {
    const asked = Array.from({ length: times }, () => values.next());
    for (const settled of await Promise.allSettled(asked)) take(settled);
  }

  for (let bursts = 0; !isOver && count < stopAfter; bursts++) {
    // one that stops asks for no more than it wants
    await ask(Math.min(burst, stopAfter - count));
    if (bursts === 0 && restMs > 0) await pause(restMs);
    if (pauseMs > 0 && random.chance(0.3)) await pause(random.integer(0, pauseMs));
  }
  if (isOver) {
    await ask(1);
    if (failure !== undefined) return { text, end: "failed", failure: failure.reason, problems };
    if (way === "parts" && !isFinished) problems.push("the parts end without a finish");
    return { text, end: "whole", problems };
  }
  if (stop === "abort") {
    controller.abort(REASON);
    await ask(1);
    if (failure !== undefined) return { text, end: "failed", failure: failure.reason, problems };
    // the whole answer had come before
    return { text, end: isFinished || isOver ? "whole" : "left", problems };
  }
  if (stop === "stay away" || stop === "stay away for good") {
    // the end of the call does not wait for the reader
    const result = reply.result();
    if (stop === "stay away") setTimeout(() => controller.abort(REASON), random.integer(0, 5));
    const [settled] = await Promise.allSettled([result]);
    if (settled?.status === "rejected") return { text, end: "failed", failure: settled.reason, problems };
    return { text: settled?.value.text ?? "", end: "whole", problems };
  }
  const waiting = stop === "leave while waiting" ? ask(1) : undefined;
  if (waiting !== undefined) await pause(random.integer(0, pauseMs));
  await values.return?.();
  await waiting;
  // the answer may have failed or ended before the reader has left
  if (failure !== undefined) return { text, end: "failed", failure: failure.reason, problems };
  const end = isFinished ? "whole" : "left";
  await ask(1);
  if (!isOver || failure !== undefined) problems.push("something comes after the reader has left");
  return { text, end, problems };
}

/** Who comes second is told so, and spoils nothing. */
async function secondReader(reply: ChatReply): Promise<readonly string[]> {
  const values = reply.textStream[Symbol.asyncIterator]();
  try {
    await values.next();
    return ["a second reader is not refused"];
  } catch (error) {
    await values.return?.();
    const { code } = error as { readonly code?: string };
    return code === "config" ? [] : [`a second reader is refused with ${code}`];
  }
}

/** Everybody who asked for the result is told the same as the reader. */
function settledProblems(
  { text, end, failure }: Seen,
  settled: readonly PromiseSettledResult<ChatResult | string>[],
): readonly string[] {
  return settled.flatMap((one) => {
    if (one.status === "rejected") {
      return end === "failed" && one.reason === failure ? [] : [`the result rejects with ${one.reason}`];
    }
    const told = typeof one.value === "string" ? one.value : one.value.text;
    if (end === "failed") return ["the result resolves though the call failed"];
    return told === text ? [] : [`the result tells ${told.length} characters, and ${text.length} were read`];
  });
}
