import type { ChatErrorCode } from "@fallthrough/core";
import type { Health, HealthFailure, HealthStore, HealthSubject, Permit } from "./health.ts";
import { COOLDOWN_JITTER, FAILURES_TO_OPEN, LEVEL_DECAY_MS, PROBE_LEASE_MS } from "./policy.ts";

/** What a health store in memory takes its time and chance from. */
export interface MemoryHealthOptions {
  /** Milliseconds of a clock that never goes back. @default `performance.now` */
  readonly now?: (() => number) | undefined;
  /** At least 0 and below 1. @default `Math.random` */
  readonly random?: (() => number) | undefined;
}

/** What is remembered of one key, model, provider or origin; open from the first cooldown to a probe's success. */
interface Entry {
  failures: number;
  repeats: number;
  code?: ChatErrorCode | undefined;
  level: number;
  healthySince?: number | undefined;
  open?: {
    since: number;
    until: number;
    code: ChatErrorCode;
    effect: HealthFailure["effect"];
    hard: boolean;
  };
  lease?: { readonly probe: string; readonly until: number } | undefined;
}

/** Above so many entries those that say nothing any more are dropped: model names may come from anywhere. */
const SWEEP_ABOVE = 1_000;
const READY: Health = { state: "ready", remainingMs: 0, openMs: 0, hard: false, repeats: 0 };
const SCOPES: readonly HealthFailure["scope"][] = ["key", "model", "provider", "origin"];
const NONE: readonly Entry[] = [];
const STATES: readonly Health["state"][] = ["ready", "half-open", "probing", "cooling"];

/** A health store that lives as long as the process. */
export function createMemoryHealth(options: MemoryHealthOptions = {}): HealthStore {
  const { now = () => performance.now(), random = Math.random } = options;
  const entries = new Map<string, Entry>();
  /** Learned from failures, where no base URL tells which server a provider talks to. */
  const origins = new Map<string, string>();
  let probes = 0;

  function keyOf({ provider, model, origin: known }: HealthSubject, scope: HealthFailure["scope"]): string {
    if (scope === "model") return `model:${provider}/${model}`;
    const origin = known ?? origins.get(provider);
    return scope === "origin" && origin !== undefined ? `origin:${origin}` : `${scope}:${provider}`;
  }

  function entriesOf(subject: HealthSubject): readonly Entry[] {
    // nobody has failed: every call looks here first
    if (entries.size === 0) return NONE;
    const found: Entry[] = [];
    for (const scope of SCOPES) {
      const entry = entries.get(keyOf(subject, scope));
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  function healthOf({ open, lease, repeats }: Entry): Health {
    if (open === undefined) return READY;
    const time = now();
    const { since, until, code, effect, hard } = open;
    const facts = { openMs: time - since, code, effect, hard, repeats };
    if (lease !== undefined && time < lease.until) {
      return { state: "probing", remainingMs: Math.max(until, lease.until) - time, ...facts, hard: false };
    }
    if (time < until) return { state: "cooling", remainingMs: until - time, ...facts };
    return { state: "half-open", remainingMs: 0, ...facts };
  }

  function peek(subject: HealthSubject): Health {
    return entriesOf(subject)
      .map(healthOf)
      .reduce((worst, health) => {
        const rank = STATES.indexOf(health.state) - STATES.indexOf(worst.state);
        return rank > 0 || (rank === 0 && health.remainingMs > worst.remainingMs) ? health : worst;
      }, READY);
  }

  function admit(
    subject: HealthSubject,
    { force = false }: { force?: boolean | undefined } = {},
  ): Permit | undefined {
    const { state } = peek(subject);
    if (state === "ready") return { subject };
    if (state !== "half-open" && !force) return undefined;

    const probe = `probe-${++probes}`;
    const until = now() + PROBE_LEASE_MS;
    let leased = false;
    for (const entry of entriesOf(subject)) {
      if (entry.open === undefined || (entry.lease !== undefined && now() < entry.lease.until)) continue;
      entry.lease = { probe, until };
      leased = true;
    }
    return leased ? { subject, probe } : { subject };
  }

  function release({ subject, probe }: Permit): void {
    if (probe === undefined) return;
    for (const entry of entriesOf(subject)) if (entry.lease?.probe === probe) entry.lease = undefined;
  }

  function succeed({ subject, probe }: Permit): void {
    for (const entry of entriesOf(subject)) {
      if (entry.open !== undefined) {
        // a call from before the cooldown tells nothing about the time since
        if (probe === undefined || entry.lease?.probe !== probe) continue;
        delete entry.open;
        entry.lease = undefined;
      }
      entry.failures = 0;
      entry.repeats = 0;
      entry.healthySince ??= now();
      decay(entry);
    }
  }

  function decay(entry: Entry): void {
    if (entry.healthySince !== undefined && now() - entry.healthySince >= LEVEL_DECAY_MS) entry.level = 0;
  }

  function fail(permit: Permit, failure: HealthFailure): void {
    const { subject, probe } = permit;
    const probing = entriesOf(subject).filter(({ lease }) => probe !== undefined && lease?.probe === probe);
    release(permit);
    if (failure.origin !== undefined) origins.set(subject.provider, failure.origin);
    const key = keyOf(subject, failure.scope);
    const entry = entries.get(key) ?? createEntry(key);
    const probed = probing.includes(entry);
    // calls that were already under way when the breaker opened are one failure, not many
    if (failure.effect === "count" && entry.open !== undefined && !probed) return;

    decay(entry);
    entry.healthySince = undefined;
    entry.failures++;
    entry.repeats = entry.code === failure.code ? entry.repeats + 1 : 1;
    entry.code = failure.code;
    if (failure.effect !== "count" || probed || entry.failures >= FAILURES_TO_OPEN)
      cool(entry, failure, probed);
  }

  function cool(entry: Entry, failure: HealthFailure, probed: boolean): void {
    const { code, effect, hard, longestMs } = failure;
    const stated = effect === "cool" ? failure.retryAfterMs : undefined;
    const further = entry.open === undefined || probed;
    const level = further ? entry.level : entry.level - 1;
    const jitter = 1 + COOLDOWN_JITTER * (2 * random() - 1);
    const lengthMs = Math.min(stated ?? failure.cooldownMs * failure.factor ** level * jitter, longestMs);
    if (lengthMs <= 0) return;

    entry.level = level + 1;
    const until = now() + lengthMs;
    if (entry.open !== undefined && entry.open.until >= until) return;
    entry.open = { since: entry.open?.since ?? now(), until, code, effect, hard };
  }

  function createEntry(key: string): Entry {
    if (entries.size >= SWEEP_ABOVE) sweep();
    const entry: Entry = { failures: 0, repeats: 0, level: 0 };
    entries.set(key, entry);
    return entry;
  }

  function sweep(): void {
    for (const [key, { open, healthySince = 0 }] of entries) {
      if (now() - (open?.until ?? healthySince) >= LEVEL_DECAY_MS) entries.delete(key);
    }
  }

  return { peek, admit, succeed, fail, release };
}
