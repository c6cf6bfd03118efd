// loaded before any timer starts: on a busy machine that alone takes longer than they do
import "../../core/src/http/answer/decoded-body.ts";
import "../../core/src/http/client/transport.ts";
import { getEventListeners } from "node:events";
import { type ChainTimeouts, type ChatProvider, type ChatRequest, chat } from "@fallthrough/core";
import { createChain, createMemoryHealth, type HealthStore } from "@fallthrough/registry";
import { answerText } from "./answer-text.ts";
import { BODIES, type BodyName } from "./bodies.ts";
import { judgeCall, SPARE } from "./judge.ts";
import { leftOpen, type OpenResources, openResources, until } from "./open-resources.ts";
import { afterwards, within } from "./pause.ts";
import { createPlay, frameAnswer, type Play } from "./play.ts";
import { type PlayServer, startPlays } from "./play-server.ts";
import { createRandom, type Random } from "./random.ts";
import { createReading, REASON, type Reading, readReply, type Seen } from "./reader.ts";
import { type Expected, readPlainly } from "./reference.ts";
import { createToyProvider, toyQuestion } from "./toy-provider.ts";
import type { ScheduleKind, TriedSchedule } from "./try-schedules.ts";

/** One call: what the server does and what the reader does. */
interface Schedule {
  readonly seed: number;
  readonly name: BodyName;
  readonly isListed: boolean;
  readonly hasSpare: boolean;
  readonly text: string;
  readonly body: Buffer;
  readonly play: Play;
  readonly reading: Reading;
}

/** How long an answer may stop that only a timer can end. */
export const SILENCE_MS = 2_000;
/** How long a call may take whose reader never comes back. */
const TOTAL_MS = 300;
/** How long closing may take. */
const CLOSING_MS = 10_000;

const SPARE_PROVIDER: ChatProvider = {
  specificationVersion: 1,
  id: "spare",
  name: "spare",
  status: { state: "active", checked: "2026-01-01" },
  models: [],
  async *stream() {
    yield { type: "text-delta", delta: SPARE };
    yield { type: "finish", finishReason: "stop" };
  },
};

/** Calls of one provider, played on its connections. */
export const replies: ScheduleKind<Schedule> = { createSchedule, trySchedules: tryReplies };

async function tryReplies(schedules: readonly Schedule[]): Promise<readonly TriedSchedule[]> {
  const answers = schedules.map(({ play, name, body }) => {
    const format = BODIES[name];
    return { play, format, framed: frameAnswer(play, { "content-type": format.contentType }, body) };
  });
  const expected = await readPlainly(answers);
  const before = openResources();
  const server = await startPlays(answers);
  const provider = createToyProvider("first", server.origin);

  const tried = await afterwards(
    schedules,
    (_, index) => expected[index]?.end === "silence",
    (schedule, index) => trySchedule(schedule, index, expected[index] as Expected, provider),
  );

  const left = await closeRunning([{ provider, server }], before);
  return left.length === 0
    ? tried
    : [...tried, { seed: schedules[0]?.seed ?? 0, problems: left, schedule: "all of them" }];
}

/** Closes what the calls of a batch went through; gives what they have left open. */
export async function closeRunning(
  running: readonly { readonly provider: ChatProvider; readonly server: PlayServer }[],
  before: OpenResources,
): Promise<readonly string[]> {
  const playing = (): number => running.reduce((sum, { server }) => sum + server.playing, 0);
  // a call that has ended leaves no answer half read
  const left = (await until(() => playing() === 0)) ? [] : [`${playing()} answers are still open`];
  for (const { provider, server } of running) {
    await provider.close?.();
    await within(server.closed(), CLOSING_MS, "closing the connections");
    await server.close();
  }
  return [...left, ...(await leftOpen(before))];
}

function createSchedule(seed: number): Schedule {
  const random = createRandom(seed);
  const name = random.pick(Object.keys(BODIES) as BodyName[]);
  const { hasMarker, longest, write } = BODIES[name];
  const text = answerText(random, textLength(random, longest));
  return {
    seed,
    name,
    isListed: random.chance(0.5),
    hasSpare: random.chance(0.4),
    text,
    body: Buffer.from(write(text, random)),
    play: createPlay(random, hasMarker),
    reading: createReading(random),
  };
}

/** Mostly small, because the large ones take the time. */
export function textLength(random: Random, longest: number): number {
  const KiB = 1024;
  const most = random.chance(0.8) ? 16 * KiB : random.chance(0.9) ? 256 * KiB : longest;
  return random.size(KiB, Math.min(most, longest) - 2);
}

async function trySchedule(
  schedule: Schedule,
  index: number,
  expected: Expected,
  provider: ChatProvider,
): Promise<TriedSchedule> {
  const { seed, name, isListed, hasSpare, text, body, reading, play } = schedule;
  const controller = new AbortController();
  const { signal } = controller;
  const failures: string[] = [];
  const request: ChatRequest = {
    messages: [{ role: "user", content: toyQuestion(name, `/${index}`, isListed) }],
    signal,
    timeouts: timeoutsFor(expected.end === "silence", reading),
  };
  const health = countFailures(failures);
  const asked = hasSpare ? createChain([provider, SPARE_PROVIDER], { health }) : provider;
  const call = { reply: chat(asked, request), controller };
  const problems: string[] = [];
  let seen: Seen | undefined;
  try {
    seen = await readReply(reading, call);
    problems.push(...judgeCall({ text, reading, expected, seen, hasSpare, isAborted: signal.aborted }));
    if (!signal.aborted && getEventListeners(signal, "abort").length > 0)
      problems.push("a listener of the signal is left");
    if (failures.length > 0 && isGoodFor(schedule, expected, seen))
      problems.push(`a good answer counts as ${failures}`);
  } catch (error) {
    problems.push(String(error));
  }
  const told = { name, isListed, hasSpare, length: text.length, bytes: body.length, play, reading };
  return { seed, problems, schedule: { ...told, ...lengthsOf(expected, seen) } };
}

/** The timers that end a call which nothing else ends. */
export function timeoutsFor(isSilent: boolean, { stop, stopAfter }: Reading): ChainTimeouts {
  const isAway = stop === "stay away for good" && stopAfter < Number.POSITIVE_INFINITY;
  return {
    ...(isSilent ? { firstChunkMs: SILENCE_MS, chunkMs: SILENCE_MS } : {}),
    ...(isAway ? { totalMs: TOTAL_MS } : {}),
  };
}

/** What was expected and seen, without the texts. */
export function lengthsOf(expected: Expected, seen: Seen | undefined): object {
  return {
    expected: { ...expected, text: expected.text.length },
    seen: seen && { ...seen, failure: String(seen.failure), text: seen.text.length },
  };
}

/** Whether nothing was wrong with the answer of the first candidate, however its reader went on. */
function isGoodFor({ text }: Schedule, { end, isCertain }: Expected, seen: Seen): boolean {
  if (end === "whole" && isCertain) return true;
  const hasEnded = seen.end === "left" || seen.failure === REASON;
  return hasEnded && seen.text !== "" && text.startsWith(seen.text);
}

/** A store that tells what counts against those who were asked. */
export function countFailures(failures: string[]): HealthStore {
  const health = createMemoryHealth();
  return {
    ...health,
    fail(permit, failure) {
      failures.push(failure.code);
      return health.fail(permit, failure);
    },
  };
}
