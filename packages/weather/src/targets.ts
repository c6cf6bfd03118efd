import { type Figures, ratio, type Share } from "./engine/figures.ts";
import type { Row } from "./row.ts";
import { isTraded, tradeWith } from "./trades.ts";

/** Something that does not hold. */
export interface Miss {
  /** The row, or "all rows". */
  readonly where: string;
  readonly what: string;
}

const LEAST_GIVEN = 0.995;
const LEAST_BY_FIRST = 0.97;
const MOST_NEEDLESS = 4;
const MOST_NEEDLESS_HALF_OPEN = 1;
const LONGEST_FAILING_MS = 2_000;
/** Of what another contestant gives more, so much is chance. */
const GIVEN_TOLERANCE = 0.001;
/** How much of a figure is no difference. */
const TOLERANCE = 0.1;

/** What all rows together reached. */
export interface Totals {
  readonly given: Share;
  readonly byFirst: Share;
}

/** The totals of one contestant. */
export function totalsOf(rows: readonly Row[], contestant: string): Totals {
  const figures = rows.flatMap((row) => row.figures[contestant] ?? []);
  return {
    given: total(figures.map(({ given }) => given)),
    byFirst: total(figures.map(({ byFirst }) => byFirst)),
  };
}

function total(shares: readonly Share[]): Share {
  return shares.reduce(
    (all, share) => ({ reached: all.reached + share.reached, possible: all.possible + share.possible }),
    { reached: 0, possible: 0 },
  );
}

/** What of the targets does not hold in these rows, but for what is traded. */
export function missesOf(rows: readonly Row[]): readonly Miss[] {
  const [ours = ""] = Object.keys(rows[0]?.figures ?? {});
  const { given, byFirst } = totalsOf(rows, ours);
  return [
    ...below("all rows", "answers given", given, LEAST_GIVEN),
    ...below("all rows", "answers by the first choice", byFirst, LEAST_BY_FIRST),
    ...rows.flatMap((row) => missesOfRow(row, ours)),
  ];
}

function missesOfRow(row: Row, ours: string): readonly Miss[] {
  const { scenario: where } = row;
  const figures = row.figures[ours];
  if (figures === undefined) return [];
  const halfOpen = where.startsWith("half open");
  const most = halfOpen ? MOST_NEEDLESS_HALF_OPEN : MOST_NEEDLESS;
  const { mostNeedless, intoLimits, longestFailing, longestFailingMs, late = 0 } = figures;
  return [
    ...(halfOpen ? below(where, "answers given", figures.given, 1) : []),
    ...when(
      mostNeedless > most && !isTraded(where, "mostNeedless"),
      where,
      `${mostNeedless} prompts within a cooldown to one that was down, at most ${most}`,
    ),
    ...when(
      intoLimits > 0,
      where,
      `${intoLimits} prompts into a limit that a head had told before, at most 0`,
    ),
    ...when(
      longestFailing > 1 && longestFailingMs > LONGEST_FAILING_MS && !isTraded(where, "longestFailing"),
      where,
      `all failed for ${longestFailingMs / 1_000} s, in ${longestFailing} calls, at most ${LONGEST_FAILING_MS / 1_000} s or one call`,
    ),
    ...when(
      late > 0,
      where,
      `the first choice came back too late ${late} times, after ${(figures.recoveryMs ?? 0) / 1_000} s at most`,
    ),
    ...betterPeers(row)
      .filter((peer) => tradeWith(where, peer) === undefined)
      .map((peer) => ({ where, what: `"${peer}" is better` })),
  ];
}

function below(where: string, what: string, share: Share, least: number): readonly Miss[] {
  const reached = (100 * ratio(share)).toFixed(2);
  return when(ratio(share) < least, where, `${what}: ${reached} %, at least ${100 * least} %`);
}

function when(missed: boolean, where: string, what: string): readonly Miss[] {
  return missed ? [{ where, what }] : [];
}

/**
 * The contestants that are better in this row than the first of them.
 *
 * One is better that gives more answers, or that gives as many and is better in one figure and worse in none. Who
 * remembers nothing always finds a first choice that is back, and pays for it with prompts to those that are down.
 */
export function betterPeers({ figures }: Row): readonly string[] {
  const [own, ...peers] = Object.entries(figures);
  if (own === undefined) return [];
  return peers.filter(([, peer]) => isBetter(peer, own[1])).map(([name]) => name);
}

function isBetter(peer: Figures, own: Figures): boolean {
  const more = ratio(peer.given) - ratio(own.given);
  if (Math.abs(more) > GIVEN_TOLERANCE) return more > 0;
  const differences = [
    compare(-ratio(peer.byFirst), -ratio(own.byFirst), 0.005),
    compare(peer.needless, own.needless, 1),
    compare(peer.longestFailing, own.longestFailing, 1),
    compare(peer.waitMs, own.waitMs, 20),
  ];
  return differences.includes(-1) && !differences.includes(1);
}

/** -1 where the first is less by more than a tolerance, 1 where it is more. */
function compare(a: number, b: number, least: number): -1 | 0 | 1 {
  const tolerance = Math.max(least, TOLERANCE * Math.min(Math.abs(a), Math.abs(b)) * Number(least >= 1));
  if (Math.abs(a - b) <= tolerance) return 0;
  return a < b ? -1 : 1;
}
