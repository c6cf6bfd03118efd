import type { ChatErrorCode } from "@fallthrough/core";
import { createEntry, type Entry, type Lease, type Open, settleLease } from "./entry.ts";
import { type Allowance, createLedger, type LedgerState, RESERVED_MS, type Share } from "./ledger.ts";
import { POLICY } from "./policy.ts";

/** An entry as JSON: counts, codes and times, and nothing that anybody said. */
export type EntryRecord = Readonly<Record<string, unknown>>;

/** Nothing lasts longer; what says so is a mistake. */
const LONGEST_MS = 25 * 60 * 60 * 1_000;
const EFFECTS: readonly Open["effect"][] = ["suspect", "count", "cool", "park"];
const UNITS: readonly Allowance["unit"][] = ["requests", "tokens"];
const WINDOWS: readonly Allowance["window"][] = ["minute", "hour", "day", undefined];

/** Writes an entry down; `shift` is what the clock of the record is ahead of this process's own. */
export function writeEntry(entry: Entry, shift: number, now: number): EntryRecord {
  const { need, failures, failingSince, repeats, code, level, healthySince, open, lease, ledger } = entry;
  const { closedBy, askedAt, insisted, answers, slowestMs, silentMs } = entry;
  return {
    need,
    failures,
    failingSince: failures === 0 ? undefined : failingSince + shift,
    repeats,
    code,
    level,
    healthySince: moved(healthySince, shift),
    open: open && {
      ...open,
      order: open.order + shift,
      since: open.since + shift,
      until: open.until + shift,
      hardUntil: open.hardUntil === 0 ? 0 : open.hardUntil + shift,
    },
    lease: lease && { probe: lease.probe, since: lease.since + shift, until: lease.until + shift },
    closedBy,
    askedAt: moved(askedAt, shift),
    insisted: insisted.map((time) => moved(time, shift)),
    answers,
    slowestMs,
    silentMs,
    ledger: ledger && writeLedger(ledger.state, shift, now),
  };
}

/** Makes an entry what a record says, as far as it makes sense; what this process alone knows stays. */
export function readEntry(entry: Entry, record: EntryRecord, shift: number, now: number): void {
  const { failures, repeats, level, answers, slowestMs, silentMs } = record;
  const longest = now + LONGEST_MS;
  const time = (value: unknown) =>
    typeof value === "number" && Number.isFinite(value) ? Math.min(value - shift, longest) : undefined;
  entry.failures = countOf(failures);
  entry.failingSince = time(record["failingSince"]) ?? 0;
  entry.repeats = countOf(repeats);
  entry.code = codeOf(record["code"]);
  entry.level = countOf(level);
  entry.healthySince = time(record["healthySince"]);
  entry.open = readOpen(fieldsOf(record["open"]), time);
  const lease = readLease(fieldsOf(record["lease"]), time);
  // callers of this process wait for the probe that it was
  if (entry.lease?.probe !== lease?.probe) {
    settleLease(entry);
    entry.lease = lease;
  }
  entry.closedBy = textOf(record["closedBy"]);
  entry.askedAt = time(record["askedAt"]);
  const [last, before] = Array.isArray(record["insisted"]) ? record["insisted"].map(time) : [];
  entry.insisted = [last ?? Number.NEGATIVE_INFINITY, before ?? Number.NEGATIVE_INFINITY];
  entry.answers = countOf(answers);
  entry.slowestMs = Math.min(countOf(slowestMs), LONGEST_MS);
  entry.silentMs = Math.min(countOf(silentMs), LONGEST_MS);
  const ledger = fieldsOf(record["ledger"]);
  entry.ledger = ledger && createLedger(undefined, readLedger(ledger, time));
}

/** An entry that was forgotten elsewhere. */
export function forgetEntry(entry: Entry): void {
  const { need, waiting, heardAt, ...blank } = createEntry(entry.need);
  settleLease(entry);
  Object.assign(entry, blank, {
    code: undefined,
    healthySince: undefined,
    open: undefined,
    closedBy: undefined,
    askedAt: undefined,
    ledger: undefined,
  });
}

/** What a record says its need is. */
export function needOf(record: EntryRecord): string | undefined {
  return textOf(record["need"]);
}

/** An object as its fields; `undefined` for anything else. */
export function fieldsOf(value: unknown): EntryRecord | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as EntryRecord)
    : undefined;
}

type ReadTime = (value: unknown) => number | undefined;

function readOpen(fields: EntryRecord | undefined, time: ReadTime): Open | undefined {
  if (fields === undefined) return undefined;
  const [since, until] = [time(fields["since"]), time(fields["until"])];
  const code = codeOf(fields["code"]);
  const effect = EFFECTS.find((one) => one === fields["effect"]);
  if (since === undefined || until === undefined || code === undefined || effect === undefined)
    return undefined;
  const hardUntil = fields["hardUntil"] === 0 ? 0 : (time(fields["hardUntil"]) ?? 0);
  return { order: time(fields["order"]) ?? since, since, until, hardUntil, code, effect };
}

function readLease(fields: EntryRecord | undefined, time: ReadTime): Lease | undefined {
  if (fields === undefined) return undefined;
  const [probe, since, until] = [textOf(fields["probe"]), time(fields["since"]), time(fields["until"])];
  if (probe === undefined || since === undefined || until === undefined) return undefined;
  return { probe, since, until };
}

function writeLedger({ allowances, reserved, rate }: LedgerState, shift: number, now: number): EntryRecord {
  return {
    rate,
    allowances: allowances.map((allowance) => ({
      ...allowance,
      until: moved(allowance.until, shift),
      order: allowance.order < 0 ? -1 : allowance.order + shift,
    })),
    reserved: [...reserved]
      .filter(([order]) => now - order < RESERVED_MS)
      .map(([order, { characters, tokens }]) => [order + shift, characters, tokens]),
  };
}

function readLedger({ rate, allowances, reserved }: EntryRecord, time: ReadTime): LedgerState {
  const known = Array.isArray(allowances) ? allowances : [];
  const shares = Array.isArray(reserved) ? reserved : [];
  return {
    rate: typeof rate === "number" && rate > 0 && rate < 1_000 ? rate : 4,
    allowances: known.flatMap((one: unknown) => readAllowance(fieldsOf(one) ?? {}, time)),
    reserved: new Map(
      shares.flatMap((one: unknown): [number, Share][] => {
        if (!Array.isArray(one)) return [];
        const order = time(one[0]);
        const share = { characters: countOf(one[1]), tokens: countOf(one[2]) };
        return order === undefined ? [] : [[order, share]];
      }),
    ),
  };
}

function readAllowance(fields: EntryRecord, time: ReadTime): Allowance[] {
  const unit = UNITS.find((one) => one === fields["unit"]);
  const window = WINDOWS.find((one) => one === (fields["window"] ?? undefined));
  if (unit === undefined || typeof fields["left"] !== "number") return [];
  const limit = typeof fields["limit"] === "number" ? countOf(fields["limit"]) : undefined;
  const order = fields["order"] === -1 ? -1 : (time(fields["order"]) ?? -1);
  const until = time(fields["until"]) ?? Number.POSITIVE_INFINITY;
  return [{ name: textOf(fields["name"]), unit, window, limit, left: countOf(fields["left"]), until, order }];
}

/** JSON has no infinity. */
function moved(time: number | undefined, shift: number): number | undefined {
  return time === undefined || !Number.isFinite(time) ? undefined : time + shift;
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.max(0, value) : 0;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function codeOf(value: unknown): ChatErrorCode | undefined {
  return typeof value === "string" && Object.hasOwn(POLICY, value) ? (value as ChatErrorCode) : undefined;
}
