import type { ChatErrorCode, Usage } from "@fallthrough/core";
import type { RateLimit } from "@fallthrough/core/internal";
import type {
  AdmitOptions,
  Health,
  HealthFailure,
  HealthStore,
  HealthSubject,
  Permit,
  Refusal,
  RefusedNeed,
  Room,
} from "./health.ts";
import { createLedger, type Ledger, type LimitState, type Share } from "./ledger.ts";
import {
  COOLDOWN_JITTER,
  FAILURES_TO_OPEN,
  HEALTH_ENTRIES,
  INSIST_MS,
  LEASE_MARGIN_MS,
  LEVEL_DECAY_MS,
  PROBE_LEASE_MS,
  PROBE_SHARE,
  PROBE_WAIT_MS,
  SILENCE,
  SUSPICION,
} from "./policy.ts";

/** What a health store in memory takes its time and chance from. */
export interface MemoryHealthOptions {
  /** Milliseconds of a clock that never goes back. @default `performance.now` */
  readonly now?: (() => number) | undefined;
  /** At least 0 and below 1. @default `Math.random` */
  readonly random?: (() => number) | undefined;
}

/** A health store in memory, which knows at once. */
export interface MemoryHealth extends HealthStore {
  /** What is known of a subject; changes nothing. */
  peek(subject: HealthSubject, options?: Pick<AdmitOptions, "limits">): Health;
  /** How much may be asked of a subject; changes nothing. */
  room(subject: HealthSubject, options?: Pick<AdmitOptions, "limits">): Room;
  /** Lets a call through, or says why not. */
  admit(subject: HealthSubject, options?: AdmitOptions): Permit | Refusal;
  /** Takes the first content of a call. */
  commit(permit: Permit): void;
  /** Takes what the head of an answer told of limits. */
  note(permit: Permit, limits: readonly RateLimit[]): void;
  /** Takes the success of a call, with the tokens that the server counted. */
  succeed(permit: Permit, usage?: Usage): void;
  /** Takes the failure of a call, and answers with what is known then. */
  fail(permit: Permit, failure: HealthFailure): Health;
  /** Gives back a permit whose call says nothing about the subject. */
  release(permit: Permit, options?: { readonly silent?: boolean | undefined }): void;
  /** Forgets every failure, or those of one instance. */
  reset(instance?: Omit<HealthSubject, "model">): void;
}

/** A permit, with what the store wants to know when its caller reports. */
interface Ticket extends Permit {
  /** Its place among all that was admitted or opened. */
  readonly order: number;
  readonly at: number;
  readonly firstChunkMs: number;
  /** What it takes of the limits. */
  readonly share: Share;
}

interface Open {
  readonly order: number;
  readonly since: number;
  readonly until: number;
  /** Nobody is let through before. */
  readonly hardUntil: number;
  readonly code: ChatErrorCode;
  readonly effect: NonNullable<Health["effect"]>;
}

/** What a failure may speak of, but for what a call needs. */
type Scope = Exclude<HealthFailure["scope"], "need">;

/** The entries of a subject, until one is made or dropped. */
interface Known {
  readonly found: readonly Entry[];
  readonly generation: number;
  readonly model?: Entry | undefined;
}

interface Lease {
  readonly probe: string;
  readonly since: number;
  readonly until: number;
  settled?: Promise<void>;
  settle?: () => void;
}

/** What is remembered of one key, model, provider or origin; open from the first cooldown to the next first content. */
interface Entry {
  /** What calls need that it is about; absent where it is about all. */
  readonly need?: string | undefined;
  /** The limits of a key and model, once any are known. */
  ledger?: Ledger | undefined;
  failures: number;
  /** The order of the call that failed first of these. */
  failingSince: number;
  repeats: number;
  code?: ChatErrorCode | undefined;
  level: number;
  healthySince?: number | undefined;
  open?: Open | undefined;
  lease?: Lease | undefined;
  /** The probe whose first content closed it, while its answer goes on. */
  closedBy?: string | undefined;
  /** When it was last asked. */
  askedAt?: number | undefined;
  /** When it was last asked in its cooldown, and the time before. */
  insisted: readonly [number, number];
  /** Those who wait for the first content, the longest first. */
  readonly waiting: Set<Ticket>;
  /** When it last said anything. */
  heardAt: number;
  /** How often a first content has come. */
  answers: number;
  /** The longest wait for a first content of late. */
  slowestMs: number;
  /** How long those waited in vain who have left, since it last said anything. */
  silentMs: number;
}

const NO_SHARE: Share = { characters: 0, tokens: 0 };
const WELL: Health = { state: "well", remainingMs: 0, openMs: 0, repeats: 0 };
const SCOPES: readonly Scope[] = ["model", "key", "provider", "origin"];
const STATES: readonly Health["state"][] = ["well", "suspect", "probing", "cooling", "refused"];
/** Softer first. */
const EFFECTS: readonly Open["effect"][] = ["suspect", "count", "cool", "park"];

/** A health store that lives as long as the process. */
export function createMemoryHealth(options: MemoryHealthOptions = {}): MemoryHealth {
  const { now = () => performance.now(), random = Math.random } = options;
  const entries = new Map<string, Entry>();
  /** Learned from failures, where no base URL tells which server a provider talks to. */
  const origins = new Map<string, string>();
  /** The entries of a subject, until one is made or dropped: callers ask with the same subjects again and again. */
  const known = new WeakMap<HealthSubject, Known>();
  let generation = 0;
  let order = 0;

  function keyOf(subject: HealthSubject, scope: Scope): string {
    const instance = instanceOf(subject);
    if (scope === "model") return `${modelPrefix(subject)}${subject.model ?? ""}`;
    const origin = subject.origin === undefined ? origins.get(instance) : serverOf(subject.origin);
    return scope === "origin" && origin !== undefined ? `origin:${origin}` : `${scope}:${instance}`;
  }

  function entriesOf(subject: HealthSubject): readonly Entry[] {
    const kept = known.get(subject);
    if (kept?.generation === generation) return kept.found;
    const keys = SCOPES.map((scope) => keyOf(subject, scope));
    for (const need of refusableNeeds(subject)) keys.push(needKey(subject, need));
    const found = keys.flatMap((key) => entries.get(key) ?? []);
    known.set(subject, { found, generation });
    return found;
  }

  function modelOf(subject: HealthSubject): Entry {
    const kept = known.get(subject);
    if (kept?.generation === generation && kept.model !== undefined) return kept.model;
    const model = entryOf(subject, "model");
    known.set(subject, { found: entriesOf(subject), generation, model });
    return model;
  }

  function entryOf(subject: HealthSubject, scope: Scope): Entry {
    return entryAt(keyOf(subject, scope));
  }

  function failedEntry(subject: HealthSubject, failure: HealthFailure): Entry {
    if (failure.scope !== "need") return entryOf(subject, failure.scope);
    const need = failure.need ?? wholeNeed(subject);
    return entryAt(needKey(subject, need), need);
  }

  function entryAt(key: string, need?: string): Entry {
    const found = entries.get(key);
    if (found !== undefined) return found;
    makeRoom();
    const insisted = [-Infinity, -Infinity] as const;
    const counts = {
      failures: 0,
      failingSince: 0,
      repeats: 0,
      level: 0,
      heardAt: -Infinity,
      answers: 0,
      slowestMs: 0,
      silentMs: 0,
    };
    const entry: Entry = { need, ...counts, insisted, waiting: new Set() };
    entries.set(key, entry);
    generation++;
    return entry;
  }

  /** Model names come from anywhere, so there may be any number: those that say nothing go first, then the oldest. */
  function makeRoom(): void {
    if (entries.size < HEALTH_ENTRIES) return;
    // a tenth at once, so that not every new name looks at all entries
    const room = HEALTH_ENTRIES * 0.9;
    for (const [key, entry] of entries) if (saysNothing(entry)) entries.delete(key);
    for (const prefix of ["need:", "model:", ""]) {
      for (const key of entries.keys()) {
        if (entries.size <= room) break;
        if (key.startsWith(prefix)) entries.delete(key);
      }
    }
    if (origins.size >= HEALTH_ENTRIES) origins.clear();
    generation++;
  }

  function saysNothing({
    open,
    failures,
    level,
    healthySince = 0,
    waiting,
    silentMs,
    ledger,
  }: Entry): boolean {
    if (waiting.size > 0 || (ledger !== undefined && ledger.states(now()).length > 0)) return false;
    if (open === undefined && failures === 0 && level === 0 && silentMs === 0) return true;
    return now() - (open?.until ?? healthySince) >= LEVEL_DECAY_MS;
  }

  function healthOf({ open, lease, repeats, need }: Entry, time: number): Health {
    if (open === undefined) return WELL;
    const { since, until, hardUntil, code, effect } = open;
    const facts = { openMs: time - since, code, effect, repeats, need };
    if (time < hardUntil) return { state: "refused", remainingMs: hardUntil - time, ...facts };
    if (lease !== undefined && time < lease.until)
      return { state: "probing", remainingMs: Math.max(until, lease.until) - time, ...facts };
    if (time >= until) return { state: "probing", remainingMs: 0, ...facts };
    return { state: effect === "suspect" ? "suspect" : "cooling", remainingMs: until - time, ...facts };
  }

  function worst(found: readonly Entry[], time: number): Health {
    let health = WELL;
    for (const entry of found) {
      if (entry.open === undefined) continue;
      const other = healthOf(entry, time);
      const rank = STATES.indexOf(other.state) - STATES.indexOf(health.state);
      if (rank > 0 || (rank === 0 && other.remainingMs > health.remainingMs)) health = other;
    }
    return health;
  }

  /** Several calls have waited together for longer than is usual: nothing is known for certain, and much is likely. */
  function suspectSilence(entry: Entry, time: number): void {
    if (entry.open !== undefined) return;
    let sum = entry.silentMs;
    let sharing = sum > 0 ? 1 : 0;
    for (const { at, firstChunkMs } of entry.waiting) {
      const waited = time - Math.max(at, entry.heardAt) - graceOf(entry, firstChunkMs);
      if (waited <= 0) break;
      sum += waited;
      sharing++;
      if (sharing > 1 && sum > boundOf(entry, firstChunkMs)) {
        suspect(entry, time, time);
        return;
      }
    }
  }

  function graceOf({ slowestMs }: Entry, firstChunkMs: number): number {
    const { share, slowest } = SILENCE.grace;
    return Math.max(firstChunkMs * share, slowestMs * slowest);
  }

  function boundOf({ answers, slowestMs }: Entry, firstChunkMs: number): number {
    const { bound, unknown } = SILENCE;
    if (answers < unknown.answers) return firstChunkMs * unknown.timers;
    return Math.max(firstChunkMs * bound.share, slowestMs * bound.slowest);
  }

  function suspect(entry: Entry, time: number, since: number): void {
    const { code, effect } = entry.open ?? { code: "timeout", effect: "suspect" };
    const until = Math.max(time, since + grown(SUSPICION, stepOf(entry.level)));
    entry.level++;
    entry.silentMs = 0;
    entry.open = { order: ++order, since: time, until, hardUntil: 0, code, effect };
  }

  function peek(subject: HealthSubject, { limits: declared }: Pick<AdmitOptions, "limits"> = {}): Health {
    const time = now();
    const model = entries.get(keyOf(subject, "model"));
    if (model !== undefined) suspectSilence(model, time);
    const refused = refusedNeeds(subject, time);
    const ledger = model?.ledger ?? (declared && createLedger(declared));
    const health = worst(entriesOf(subject), time);
    const lacking = ledger?.lacking(0, time);
    const known = limitsOf(health, ledger?.states(time) ?? []);
    return {
      ...(lacking === undefined || health.state === "refused" ? health : fullHealth(lacking)),
      ...(known.length === 0 ? {} : { limits: known }),
      ...(refused.length === 0 ? {} : { refused }),
    };
  }

  function room(subject: HealthSubject, { limits: declared }: Pick<AdmitOptions, "limits"> = {}): Room {
    const time = now();
    const model = entries.get(keyOf(subject, "model"));
    const ledger = model?.ledger ?? (declared && createLedger(declared));
    const shares = (ledger?.states(time) ?? []).map(({ left, limit = Math.max(1, left) }) => left / limit);
    const askedMs = model?.askedAt === undefined ? undefined : time - model.askedAt;
    return { share: Math.min(1, ...shares), askedMs };
  }

  /** What is left, with what a refusal said where no header and no preset did. */
  function limitsOf({ state, code, remainingMs }: Health, states: LimitState[]): LimitState[] {
    const isTold = states.some(({ left }) => left === 0);
    if (state !== "refused" || code !== "rate-limit" || isTold) return states;
    return [...states, { unit: "requests", left: 0, remainingMs, source: "learned from a refusal" }];
  }

  function fullHealth(lacking: LimitState): Health {
    const { remainingMs } = lacking;
    return {
      state: "refused",
      remainingMs,
      openMs: 0,
      code: "rate-limit",
      effect: "cool",
      repeats: 0,
      lacking,
    };
  }

  function refusedNeeds(subject: HealthSubject, time: number): RefusedNeed[] {
    const prefix = needKey(subject, "");
    const refused: RefusedNeed[] = [];
    for (const [key, { need, open }] of entries) {
      if (need === undefined || open === undefined || time >= open.until || !key.startsWith(prefix)) continue;
      refused.push({ need, remainingMs: open.until - time });
    }
    return refused;
  }

  function admit(subject: HealthSubject, options: AdmitOptions = {}): Permit | Refusal {
    const { insist, firstChunkMs, limits } = options;
    const time = now();
    const model = modelOf(subject);
    suspectSilence(model, time);
    const found = entriesOf(subject);
    const health = worst(found, time);
    const { state, remainingMs } = health;
    if (limits !== undefined) model.ledger ??= createLedger(limits);
    const share = model.ledger === undefined ? NO_SHARE : shareOf(model.ledger, options, time);
    const lacking = model.ledger?.lacking(share.tokens, time);
    if (lacking !== undefined && state !== "refused") return { admitted: false, ...fullHealth(lacking) };
    const ticket: Ticket = {
      admitted: true,
      subject,
      order: ++order,
      at: time,
      firstChunkMs: firstChunkMs ?? PROBE_LEASE_MS,
      share,
    };
    if (state === "well") return wait(model, ticket);
    if (state === "suspect" && insist !== undefined) return wait(model, ticket);
    if (state === "probing" && remainingMs === 0) return wait(model, lease(found, ticket));
    if (state === "probing" && insist === "alone") return wait(model, ticket);
    if (state === "cooling" && (insist === "alone" || (insist === "cooling" && mayInsist(model, time)))) {
      model.insisted = [time, model.insisted[0]];
      return wait(model, lease(found, ticket));
    }
    const askedMs = model.askedAt === undefined ? undefined : time - model.askedAt;
    return { admitted: false, ...health, askedMs, settled: settledOf(found, time) };
  }

  /** A request is measured only where its tokens count. */
  function shareOf(ledger: Ledger, { characters }: AdmitOptions, time: number): Share {
    if (characters === undefined || !ledger.countsTokens(time)) return NO_SHARE;
    const counted = characters();
    return { characters: counted, tokens: ledger.estimate(counted) };
  }

  function noteLimits(permit: Permit, limits: readonly RateLimit[]): void {
    const model = modelOf(permit.subject);
    const time = now();
    if (model.ledger === undefined) {
      model.ledger = createLedger(undefined);
      for (const { order: place, share } of model.waiting) model.ledger.reserve(place, share, time);
    }
    model.ledger.told((permit as Ticket).order, limits, time);
  }

  function mayInsist({ insisted }: Entry, time: number): boolean {
    return time - insisted[1] >= INSIST_MS;
  }

  function wait(model: Entry, ticket: Ticket): Ticket {
    model.askedAt = ticket.at;
    model.ledger?.reserve(ticket.order, ticket.share, ticket.at);
    if (ticket.firstChunkMs > 0) model.waiting.add(ticket);
    return ticket;
  }

  /** Makes a call the probe of all that is open and has none. */
  function lease(found: readonly Entry[], ticket: Ticket): Ticket {
    const { at, firstChunkMs } = ticket;
    const probe = `probe-${ticket.order}`;
    const until = at + (firstChunkMs === 0 ? PROBE_LEASE_MS : firstChunkMs + LEASE_MARGIN_MS);
    let leased = false;
    let patienceMs: number | undefined;
    for (const entry of found) {
      if (entry.open === undefined || (entry.lease !== undefined && at < entry.lease.until)) continue;
      if (entry.open.code === "timeout") patienceMs = patienceOf(entry, firstChunkMs);
      settle(entry);
      entry.lease = { probe, since: at, until };
      leased = true;
    }
    return leased ? { ...ticket, probe, patienceMs } : ticket;
  }

  /** A caller who tests a silence does not wait as long as others do, at first: who is well says something sooner. */
  function patienceOf({ slowestMs, level }: Entry, firstChunkMs: number): number {
    const least = Math.max(firstChunkMs * PROBE_SHARE, slowestMs * SILENCE.bound.slowest);
    return least * SUSPICION.factor ** stepOf(level - 1);
  }

  /** Ends with the probe, while that is young. */
  function settledOf(found: readonly Entry[], time: number): Promise<void> | undefined {
    const lease = found.find((entry) => entry.lease !== undefined && time < entry.lease.until)?.lease;
    if (lease === undefined || time - lease.since >= PROBE_WAIT_MS) return undefined;
    lease.settled ??= new Promise((resolve) => {
      lease.settle = resolve;
    });
    return lease.settled;
  }

  function settle(entry: Entry): void {
    entry.lease?.settle?.();
    entry.lease = undefined;
  }

  function giveBack({ subject, probe }: Permit): void {
    if (probe === undefined) return;
    for (const entry of entriesOf(subject)) {
      if (entry.lease?.probe === probe) settle(entry);
      if (entry.closedBy === probe) entry.closedBy = undefined;
    }
  }

  /** Gives back what was reserved and not taken; a server that counts nothing took what was reserved. */
  function settleShare(permit: Permit, usage: Usage | undefined): void {
    const { ledger } = modelOf(permit.subject);
    if (ledger === undefined) return;
    const { order, share } = permit as Ticket;
    const {
      inputTokens: input = 0,
      outputTokens: output = 0,
      totalTokens: total = input + output,
    } = usage ?? {};
    ledger.settle(order, { input, total: usage === undefined ? share.tokens : total });
  }

  function leave(permit: Permit): boolean {
    const ticket = permit as Ticket;
    modelOf(permit.subject).ledger?.settle(ticket.order, undefined);
    return modelOf(permit.subject).waiting.delete(ticket);
  }

  function release(permit: Permit, { silent = false }: { readonly silent?: boolean | undefined } = {}): void {
    const waited = leave(permit);
    const { at, firstChunkMs, probe } = permit as Ticket;
    const model = modelOf(permit.subject);
    const probing = probe !== undefined && model.lease?.probe === probe;
    giveBack(permit);
    if (!silent || !waited) return;
    const time = now();
    const silentMs = time - Math.max(at, model.heardAt);
    if (probing) {
      if (silentMs > graceOf(model, firstChunkMs)) suspect(model, time, at);
      return;
    }
    model.silentMs += silentMs;
    if (model.open === undefined && model.silentMs > firstChunkMs) suspect(model, time, time);
  }

  function commit(permit: Permit): void {
    const time = now();
    const { at } = permit as Ticket;
    const model = modelOf(permit.subject);
    if (model.waiting.delete(permit as Ticket)) {
      model.answers++;
      model.slowestMs = Math.max(time - at, model.slowestMs * SILENCE.forget);
    }
    model.heardAt = time;
    model.silentMs = 0;
    for (const entry of entriesOf(permit.subject)) close(entry, permit);
  }

  /** A call that began after the breaker opened, and got content, shows that it is well. */
  function close(entry: Entry, permit: Permit): void {
    const { open } = entry;
    if (open === undefined || (open.effect !== "suspect" && (permit as Ticket).order < open.order)) return;
    entry.open = undefined;
    entry.failures = 0;
    entry.closedBy = permit.probe;
    settle(entry);
  }

  function succeed(permit: Permit, usage?: Usage): void {
    commit(permit);
    settleShare(permit, usage);
    for (const entry of entriesOf(permit.subject)) {
      if (entry.open !== undefined) continue;
      entry.closedBy = undefined;
      // an answer that began before the failures tells nothing about them
      if ((permit as Ticket).order >= entry.failingSince) {
        entry.failures = 0;
        entry.repeats = 0;
      }
      entry.healthySince ??= now();
      decay(entry);
    }
  }

  function decay(entry: Entry): void {
    if (entry.healthySince !== undefined && now() - entry.healthySince >= LEVEL_DECAY_MS) entry.level = 0;
  }

  function fail(permit: Permit, failure: HealthFailure): Health {
    const { subject, probe } = permit;
    leave(permit);
    if (failure.origin !== undefined && subject.origin === undefined) learn(subject, failure.origin);
    const entry = failedEntry(subject, failure);
    const probing = probe !== undefined && entry.lease?.probe === probe;
    const reopening = probe !== undefined && entry.closedBy === probe;
    giveBack(permit);
    const { at, order } = permit as Ticket;
    note(entry, failure, order, probing ? at : undefined, reopening);
    const { second } = failure;
    if (second !== undefined && isSecond(subject, failure))
      note(failedEntry(subject, second), second, order, undefined, false);
    return worst(entriesOf(subject), now());
  }

  /** Whether another model of the same instance is ruled out for the same reason. */
  function isSecond(subject: HealthSubject, { code }: HealthFailure): boolean {
    const own = keyOf(subject, "model");
    const prefix = modelPrefix(subject);
    const time = now();
    for (const [key, { open }] of entries) {
      if (open?.code === code && time < open.until && key !== own && key.startsWith(prefix)) return true;
    }
    return false;
  }

  function learn(subject: HealthSubject, origin: string): void {
    const instance = instanceOf(subject);
    const server = serverOf(origin);
    if (origins.get(instance) === server) return;
    origins.set(instance, server);
    generation++;
  }

  function note(
    entry: Entry,
    failure: HealthFailure,
    asked: number,
    probedAt: number | undefined,
    reopening: boolean,
  ): void {
    const time = now();
    const probing = probedAt !== undefined;
    const { open } = entry;
    decay(entry);
    entry.healthySince = undefined;
    entry.repeats = entry.code === failure.code ? entry.repeats + 1 : 1;
    entry.code = failure.code;
    const stated = isStated(failure);
    // calls that were under way when the breaker opened, and those that were let through in a cooldown, are no news
    const news = open === undefined || open.effect === "suspect" || (probing && time >= open.until);
    if (!news) {
      if (stated || EFFECTS.indexOf(failure.effect) > EFFECTS.indexOf(open.effect))
        extend(entry, open, failure, time + lengthOf(failure, 0));
      return;
    }
    entry.failures++;
    if (entry.failures === 1) entry.failingSince = asked;
    const counted = failure.effect === "count" && !stated;
    if (counted && !probing && !reopening && entry.failures < FAILURES_TO_OPEN) return;
    const length = lengthOf(failure, entry.level);
    if (length <= 0) return;
    entry.level++;
    const { code, effect, hard } = failure;
    // the time that a probe took is a part of the cooldown that follows it, unless the server stated one
    const until = stated ? time + length : Math.max(time, (probedAt ?? time) + length);
    entry.open = { order: ++order, since: time, until, hardUntil: hard ? until : 0, code, effect };
  }

  function extend(entry: Entry, open: Open, { code, effect, hard }: HealthFailure, until: number): void {
    const hardUntil = hard ? Math.max(open.hardUntil, until) : open.hardUntil;
    const longer = until > open.until;
    entry.open = { ...open, hardUntil, ...(longer ? { until, code, effect } : {}) };
  }

  function lengthOf(failure: HealthFailure, level: number): number {
    const { retryAfterMs, effect, longestMs } = failure;
    if (isStated(failure))
      return Math.min(retryAfterMs ?? 0, effect === "cool" ? longestMs : LONGEST_STATED_MS);
    const jitter = 1 + COOLDOWN_JITTER * (2 * random() - 1);
    return Math.min(grown(failure, effect === "count" ? stepOf(level) : level) * jitter, longestMs);
  }

  function reset(instance?: Omit<HealthSubject, "model">): void {
    if (instance === undefined) {
      for (const entry of entries.values()) settle(entry);
      entries.clear();
    } else {
      const prefixes = [modelPrefix(instance), `need:${instanceOf(instance)}/`];
      const keys = SCOPES.map((scope) => keyOf(instance, scope));
      for (const [key, entry] of entries) {
        if (!prefixes.some((prefix) => key.startsWith(prefix)) && !keys.includes(key)) continue;
        settle(entry);
        entries.delete(key);
      }
    }
    generation++;
  }

  return { peek, room, admit, commit, note: noteLimits, succeed, fail, release, reset };
}

/** The longest that a server is believed whose failures are only counted. */
const LONGEST_STATED_MS = 24 * 60 * 60 * 1_000;

/** A cooldown after so many steps. */
function grown(
  { cooldownMs, factor, longestMs }: Pick<HealthFailure, "cooldownMs" | "factor" | "longestMs">,
  steps: number,
): number {
  return Math.min(cooldownMs * factor ** steps, longestMs);
}

/** What may pass in a moment may do so just after its first probe, so the second cooldown is no longer than the first. */
function stepOf(level: number): number {
  return Math.max(0, level - 1);
}

/** Only what passes by waiting has a time that a server can state. */
function isStated({ effect, retryAfterMs }: HealthFailure): boolean {
  return effect !== "park" && retryAfterMs !== undefined;
}

function instanceOf({ provider, origin = "", key = "" }: Omit<HealthSubject, "model">): string {
  return `${provider} ${origin} ${key}`;
}

function modelPrefix(instance: Omit<HealthSubject, "model">): string {
  return `model:${instanceOf(instance)}/`;
}

function needKey(subject: HealthSubject, need: string): string {
  return `need:${instanceOf(subject)}/${subject.model ?? ""} ${need}`;
}

/** What a refusal may be about that stops this call: each need, and all of them together. */
function refusableNeeds(subject: HealthSubject): readonly string[] {
  const { needs = [] } = subject;
  return needs.length > 1 ? [...needs, wholeNeed(subject)] : needs;
}

function wholeNeed({ needs = [] }: HealthSubject): string {
  return needs.join("+");
}

/** A server, without the base path. */
function serverOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).origin : origin;
}
