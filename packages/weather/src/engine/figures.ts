import { LONGEST_GAP_MS } from "./behaviour.ts";
import type { CallLog, RunLog } from "./run.ts";
import type { Prompt } from "./world.ts";

/** How much of what was possible was reached. */
export interface Share {
  readonly reached: number;
  readonly possible: number;
}

/** What became of one scenario, over all seeds. */
export interface Figures {
  /** Answers, of those that were possible. */
  readonly given: Share;
  /** Answers by the first choice, of those that it could give. */
  readonly byFirst: Share;
  /** Prompts to services that were down while another was well, in one run. */
  readonly needless: number;
  /** The most of them to one service within a first cooldown. */
  readonly mostNeedless: number;
  /** Prompts into a limit that a head had told before, in all runs. */
  readonly intoLimits: number;
  /** The longest time from a call that failed to the next that was answered, although all could be; milliseconds. */
  readonly longestFailingMs: number;
  /** The most calls that failed in a row. */
  readonly longestFailing: number;
  /** From the end of an outage of the first choice to the first call that it answers, at most; milliseconds. */
  readonly recoveryMs?: number | undefined;
  /** Its median. */
  readonly usualRecoveryMs?: number | undefined;
  /** How many recoveries took longer than they may. */
  readonly late?: number | undefined;
  /** What a caller waits longer for the first text than the best service makes him, on average; milliseconds. */
  readonly waitMs: number;
  /** The same of the slowest in twenty. */
  readonly slowWaitMs: number;
  /** CPU time of one call, simulation and all; microseconds. */
  readonly cpu: number;
}

/** A first cooldown, with its jitter, lasts at least so long. */
const FIRST_COOLDOWN_MS = 8_000;

/** After so many failures one may be sure that they are no chance. */
const SURE = 3;
/** A silence of such a length is a sign that something is wrong; after a text that of a well service may be longer. */
const SIGN_MS = 2_000;
const SIGN_AFTER_TEXT_MS = LONGEST_GAP_MS + SIGN_MS;

/** The figures of these runs of one scenario. */
export function figuresOf(runs: readonly RunLog[]): Figures {
  const calls = runs.flatMap((run) => run.calls);
  const possible = calls.filter(({ best }) => best !== undefined);
  const byFirst = possible.filter(({ best, first, firstIsWell }) => firstIsWell && best === first);
  const waits = possible
    .flatMap(({ by, textAt, at, bestMs }) =>
      by === undefined || textAt === undefined ? [] : [Math.max(0, textAt - at - bestMs)],
    )
    .sort(ascending);
  const failing = runs.map(longestFailing);
  const recoveries = runs.flatMap(recoveriesOf);
  const needless = runs.map(needlessPrompts);
  return {
    given: { reached: possible.filter(isAnswered).length, possible: possible.length },
    byFirst: {
      reached: byFirst.filter(({ by, first }) => by === first).length,
      possible: byFirst.length,
    },
    needless: sum(needless.map(({ length }) => length)) / runs.length,
    mostNeedless: Math.max(0, ...needless.map(mostTogether)),
    intoLimits: runs.flatMap(({ prompts }) => prompts.filter(({ told }) => told)).length,
    longestFailingMs: Math.max(0, ...failing.map(({ ms }) => ms)),
    longestFailing: Math.max(0, ...failing.map(({ count }) => count)),
    ...(recoveries.length === 0 ? {} : recoveryOf(recoveries)),
    waitMs: waits.length === 0 ? 0 : sum(waits) / waits.length,
    slowWaitMs: waits[Math.floor(waits.length * 0.95)] ?? 0,
    cpu: median(runs.map((run) => run.cpu / run.calls.length)),
  };
}

function isAnswered({ by }: CallLog): boolean {
  return by !== undefined;
}

/** A share as a number from 0 to 1. */
export function ratio({ reached, possible }: Share): number {
  return possible === 0 ? 1 : reached / possible;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  return values.toSorted(ascending)[Math.floor(values.length / 2)] ?? 0;
}

const ascending = (a: number, b: number): number => a - b;

/** Prompts to a service that was down; of those that nobody could know of it only as many as it takes to be sure. */
function needlessPrompts({ prompts, outages }: RunLog): readonly Prompt[] {
  return [...outages].flatMap(([service, list]) => {
    const bad = prompts.filter((one) => one.service === service && one.state === "down" && one.needless);
    const during = list.map((outage) => bad.filter(({ at }) => outage.from <= at && at < outage.to));
    const known = new Set(during.flatMap(knownOf));
    const unknown = new Set(during.flat().filter((prompt) => !known.has(prompt)));
    return bad.filter((prompt) => !unknown.has(prompt));
  });
}

/** The first prompts of an outage, and those that were sent when these had failed or had waited for long. */
function knownOf(prompts: readonly Prompt[]): readonly Prompt[] {
  const first = prompts.slice(0, SURE);
  const sure = Math.max(...first.map(signOf));
  return prompts.filter((prompt, index) => index < SURE || prompt.at >= sure);
}

function signOf({ at, textAt, endedAt = Number.POSITIVE_INFINITY }: Prompt): number {
  return Math.min(endedAt, textAt === undefined ? at + SIGN_MS : textAt + SIGN_AFTER_TEXT_MS);
}

/** These prompts are in order, one service after the other. */
function mostTogether(prompts: readonly Prompt[]): number {
  let most = 0;
  let oldest = 0;
  for (const [index, { at, service }] of prompts.entries()) {
    while (prompts[oldest]?.service !== service || at - (prompts[oldest]?.at ?? at) >= FIRST_COOLDOWN_MS) {
      oldest += 1;
    }
    most = Math.max(most, index - oldest + 1);
  }
  return most;
}

function longestFailing({ calls }: RunLog): { readonly ms: number; readonly count: number } {
  let longest = { ms: 0, count: 0 };
  let since: number | undefined;
  let count = 0;
  for (const call of calls.filter(({ best }) => best !== undefined)) {
    if (isAnswered(call)) {
      since = undefined;
      count = 0;
      continue;
    }
    since ??= call.at;
    count += 1;
    if (count > longest.count) longest = { ms: call.at - since, count };
  }
  return longest;
}

interface Recovery {
  readonly ms: number;
  readonly late: boolean;
}

/** How long it took after each outage of a first choice until it answered again. */
function recoveriesOf({ calls, outages }: RunLog): readonly Recovery[] {
  return [...outages].flatMap(([service, list]) =>
    list.flatMap(({ to, within }) => {
      const next = list.find(({ from }) => from >= to)?.from ?? Number.POSITIVE_INFINITY;
      const own = calls.filter(
        ({ at, first, best }) => at >= to && at < next && first === service && best === service,
      );
      const [start] = own;
      if (start === undefined) return [];
      const answered = own.findIndex(({ by }) => by === service);
      const missed = answered === -1 ? own : own.slice(0, answered);
      const end = own[answered] ?? own.at(-1) ?? start;
      // who has missed one caller alone was not late, however long nobody else came
      const late = missed.length > 1 && (missed.at(-1) ?? start).at - to > within;
      return [{ ms: end.at - start.at, late }];
    }),
  );
}

function recoveryOf(recoveries: readonly Recovery[]): Partial<Figures> {
  const times = recoveries.map(({ ms }) => ms);
  return {
    recoveryMs: Math.max(...times),
    usualRecoveryMs: median(times),
    late: recoveries.filter(({ late }) => late).length,
  };
}
