import type { Usage } from "@fallthrough/core";
import type { RateLimit } from "@fallthrough/core/internal";
import { closeEntry, createHealthClock, type HealthClock, noteFailure, noteSuccess } from "./cooldown.ts";
import { createEntry, type Entry, settleLease, type Waiting, worstOf } from "./entry.ts";
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
import { createLedger, type DeclaredLimits, type Ledger, type LimitState, type Share } from "./ledger.ts";
import {
  HEALTH_ENTRIES,
  INSIST_MS,
  LEASE_MARGIN_MS,
  LEVEL_DECAY_MS,
  PROBE_LEASE_MS,
  PROBE_WAIT_MS,
} from "./policy.ts";
import { noteContent, noteSilence, patienceOf, suspectAlone, suspectSilence } from "./silence.ts";
import {
  type Instance,
  instanceOf,
  modelPrefix,
  needKey,
  needPrefix,
  refusableNeeds,
  SCOPES,
  type Scope,
  scopeKey,
  serverOf,
  wholeNeed,
} from "./subjects.ts";

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
  reset(instance?: Instance): void;
}

/** A memory with what it remembers, for stores that several processes share. */
export interface SharedMemory {
  /** The store. */
  readonly health: MemoryHealth;
  /** What is remembered, by the keys of subjects. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** The entry of a key, which is made where there is none. */
  entryAt(key: string, need: string | undefined): Entry;
  /** The keys of all that concerns a call. */
  keysOf(subject: HealthSubject): string[];
  /** Whether a call has to be measured, because tokens are limited. */
  countsTokens(subject: HealthSubject): boolean;
  /** Lets a call through that was let through elsewhere. */
  join(subject: HealthSubject, call: JoinedCall): JoinedPermit;
  /** Why nobody is let through now. */
  refuse(subject: HealthSubject, lacking: LimitState | undefined): Refusal;
  /** What its rules take their time from. */
  readonly clock: HealthClock;
  /** Drops an entry. */
  drop(key: string): void;
  /** What is remembered that concerns a call. */
  entriesOf(subject: HealthSubject): readonly Entry[];
  /** Whether an entry may be forgotten. */
  saysNothing(entry: Entry): boolean;
}

/** How a memory that several processes share differs from one of its own. */
export interface SharedMemoryOptions extends MemoryHealthOptions {
  /** Tells the probes of this process from those of others; empty where there are none. */
  readonly process: string;
  /** Callers come one at a time, so nobody shares a silence: each one that lasts counts for itself. */
  readonly lone?: boolean | undefined;
}

/** A call that was let through elsewhere. */
interface JoinedCall {
  /** Its place among all that was admitted or opened. */
  readonly order: number;
  /** The longest silence that it accepts, in milliseconds. */
  readonly firstChunkMs: number;
  /** Its name as the probe, where it is that. */
  readonly probe: string | undefined;
  /** What a store knows it by. */
  readonly mark: unknown;
}

/** The permit of a call that was let through elsewhere. */
export interface JoinedPermit extends Permit, Waiting {
  /** What the store knows it by; absent where this memory let it through. */
  readonly mark?: unknown;
}

/** A permit, with what the store wants to know when its caller reports. */
interface Ticket extends Permit, Waiting {}

/** The entries of a subject, until one is made or dropped. */
interface Known {
  readonly found: readonly Entry[];
  readonly generation: number;
  readonly model: Entry | undefined;
}

const NO_SHARE: Share = { characters: 0, tokens: 0 };

/** A health store that lives as long as the process. */
export function createMemoryHealth(options: MemoryHealthOptions = {}): MemoryHealth {
  return createSharedMemory({ ...options, process: "" }).health;
}

/** A memory whose entries a store reads and writes. */
export function createSharedMemory(options: SharedMemoryOptions): SharedMemory {
  const { now = () => performance.now(), random = Math.random, lone = false } = options;
  const isShared = options.process !== "";
  const clock = createHealthClock({ now, random });
  const entries = new Map<string, Entry>();
  /** Learned from failures, where no base URL tells which server a provider talks to. */
  const origins = new Map<string, string>();
  /** The entries of a subject, until one is made or dropped: callers ask with the same subjects again and again. */
  const known = new WeakMap<HealthSubject, Known>();
  let generation = 0;

  function keyOf(subject: HealthSubject, scope: Scope): string {
    if (scope !== "origin") return scopeKey(subject, scope, undefined);
    const { provider, origin } = subject;
    if (origin !== undefined) return scopeKey(subject, scope, serverOf(origin));
    // what one process learned of servers, the others do not know
    return scopeKey(subject, scope, isShared ? provider : origins.get(instanceOf(subject)));
  }

  function recall(subject: HealthSubject): Known {
    const kept = known.get(subject);
    if (kept?.generation === generation) return kept;
    const found = keysOf(subject).flatMap((key) => entries.get(key) ?? []);
    const recalled = { found, generation, model: entries.get(keyOf(subject, "model")) };
    known.set(subject, recalled);
    return recalled;
  }

  function entriesOf(subject: HealthSubject): readonly Entry[] {
    return recall(subject).found;
  }

  function keysOf(subject: HealthSubject): string[] {
    const keys = SCOPES.map((scope) => keyOf(subject, scope));
    for (const need of refusableNeeds(subject)) keys.push(needKey(subject, need));
    return keys;
  }

  function modelOf(subject: HealthSubject): Entry {
    return recall(subject).model ?? entryOf(subject, "model");
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
    const entry = createEntry(need);
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

  function peek(subject: HealthSubject, { limits: declared }: Pick<AdmitOptions, "limits"> = {}): Health {
    const time = now();
    const model = entries.get(keyOf(subject, "model"));
    if (model !== undefined) suspectSilence(model, time, clock);
    const refused = refusedNeeds(subject, time);
    const ledger = model?.ledger ?? (declared && createLedger(declared));
    const health = worstOf(entriesOf(subject), time);
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
    suspectSilence(model, time, clock);
    const { found } = recall(subject);
    const health = worstOf(found, time);
    const { state, remainingMs } = health;
    if (limits !== undefined) declareLimits(model, limits);
    const share = model.ledger === undefined ? NO_SHARE : shareOf(model.ledger, options, time);
    const lacking = model.ledger?.lacking(share.tokens, time);
    if (lacking !== undefined && state !== "refused") return { admitted: false, ...fullHealth(lacking) };
    const insists =
      state === "cooling" && (insist === "alone" || (insist === "cooling" && mayInsist(model, time)));
    const probes = insists || (state === "probing" && remainingMs === 0);
    const joins =
      state === "well" ||
      (state === "suspect" && insist !== undefined) ||
      (state === "probing" && insist === "alone");
    if (!probes && !joins) {
      return refusal(health, model, found, time);
    }
    if (insists) model.insisted = [time, model.insisted[0]];
    const ticket: Ticket = {
      admitted: true,
      subject,
      order: clock.order(time),
      at: time,
      firstChunkMs: firstChunkMs ?? PROBE_LEASE_MS,
      share,
    };
    return wait(model, probes ? lease(found, ticket) : ticket);
  }

  function refuse(subject: HealthSubject, lacking: LimitState | undefined): Refusal {
    if (lacking !== undefined) return { admitted: false, ...fullHealth(lacking) };
    const time = now();
    const model = modelOf(subject);
    const found = entriesOf(subject);
    return refusal(worstOf(found, time), model, found, time);
  }

  function refusal(health: Health, { askedAt }: Entry, found: readonly Entry[], time: number): Refusal {
    const { state, remainingMs, openMs, code, effect, repeats, need } = health;
    const askedMs = askedAt === undefined ? undefined : time - askedAt;
    const settled = settledOf(found, time);
    // one by one, because V8 takes ten times as long to copy a whole object into another
    return { admitted: false, state, remainingMs, openMs, code, effect, repeats, need, askedMs, settled };
  }

  function join(subject: HealthSubject, { order, firstChunkMs, probe, mark }: JoinedCall): JoinedPermit {
    const model = modelOf(subject);
    let patienceMs: number | undefined;
    for (const { open, lease } of probe === undefined ? [] : entriesOf(subject)) {
      if (open?.code === "timeout" && lease?.probe === probe) patienceMs = patienceOf(model, firstChunkMs);
    }
    const facts = { admitted: true, subject, order, at: now(), firstChunkMs, share: NO_SHARE, mark } as const;
    const permit = probe === undefined ? facts : { ...facts, probe, patienceMs };
    model.askedAt = permit.at;
    if (firstChunkMs > 0) model.waiting.add(permit);
    return permit;
  }

  function countsTokens(subject: HealthSubject): boolean {
    return modelOf(subject).ledger?.countsTokens(now()) === true;
  }

  function declareLimits(model: Entry, limits: DeclaredLimits): void {
    if (model.ledger === undefined) model.ledger = createLedger(limits);
    else model.ledger.declare(limits);
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
    const probe = `probe-${options.process}${ticket.order}`;
    const until = at + (firstChunkMs === 0 ? PROBE_LEASE_MS : firstChunkMs + LEASE_MARGIN_MS);
    let leased = false;
    let patienceMs: number | undefined;
    for (const entry of found) {
      if (entry.open === undefined || (entry.lease !== undefined && at < entry.lease.until)) continue;
      if (entry.open.code === "timeout") patienceMs = patienceOf(entry, firstChunkMs);
      settleLease(entry);
      entry.lease = { probe, since: at, until };
      leased = true;
    }
    return leased ? { ...ticket, probe, patienceMs } : ticket;
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

  function giveBack({ subject, probe }: Permit): void {
    if (probe === undefined) return;
    for (const entry of entriesOf(subject)) {
      if (entry.lease?.probe === probe) settleLease(entry);
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
    const { probe } = permit;
    const model = modelOf(permit.subject);
    const probing = probe !== undefined && model.lease?.probe === probe;
    giveBack(permit);
    if (silent && waited) noteSilence(model, permit as Ticket, { probing, lone }, clock);
  }

  function commit(permit: Permit): void {
    const { subject, probe, order } = permit as Ticket;
    noteContent(modelOf(subject), permit as Ticket, now());
    for (const entry of entriesOf(subject)) closeEntry(entry, order, probe);
  }

  function succeed(permit: Permit, usage?: Usage): void {
    commit(permit);
    settleShare(permit, usage);
    const { subject, order } = permit as Ticket;
    const time = now();
    for (const entry of entriesOf(subject)) noteSuccess(entry, order, time);
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
    noteFailure(entry, failure, { order, probedAt: probing ? at : undefined, reopening }, clock);
    const { second } = failure;
    if (second !== undefined && isSecond(subject, failure))
      noteFailure(failedEntry(subject, second), second, { order }, clock);
    if (lone && failure.code === "timeout") suspectAlone(modelOf(subject), clock);
    return worstOf(entriesOf(subject), now());
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

  function reset(instance?: Instance): void {
    if (instance === undefined) {
      for (const entry of entries.values()) settleLease(entry);
      entries.clear();
    } else {
      const prefixes = [modelPrefix(instance), needPrefix(instance)];
      const keys = SCOPES.map((scope) => keyOf(instance, scope));
      for (const [key, entry] of entries) {
        if (!prefixes.some((prefix) => key.startsWith(prefix)) && !keys.includes(key)) continue;
        settleLease(entry);
        entries.delete(key);
      }
    }
    generation++;
  }

  function drop(key: string): void {
    if (entries.delete(key)) generation++;
  }

  const health = { peek, room, admit, commit, note: noteLimits, succeed, fail, release, reset };
  const parts = { entryAt, drop, entriesOf, keysOf, countsTokens, join, refuse, saysNothing };
  return { health, entries, clock, ...parts };
}
