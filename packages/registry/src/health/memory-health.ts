import type { Usage } from "@fallthrough/core";
import type { RateLimit } from "@fallthrough/core/internal";
import { closeEntry, createHealthClock, type HealthClock, noteFailure, noteSuccess } from "./cooldown.ts";
import { type Entry, type Waiting, worstOf } from "./entry.ts";
import { createEntryBook, type EntryBook } from "./entry-book.ts";
import type {
  AdmitOptions,
  Health,
  HealthFailure,
  HealthStore,
  HealthSubject,
  Permit,
  Refusal,
  Room,
} from "./health.ts";
import type { LimitState } from "./ledger.ts";
import {
  declareLimits,
  fullHealth,
  ledgerOf,
  limitsOf,
  NO_SHARE,
  noteLimits,
  settleShare,
  shareOf,
} from "./model-limits.ts";
import { INSIST_MS, PROBE_LEASE_MS } from "./policy.ts";
import { giveBackProbe, isProbeOf, leaseProbe, settledOf } from "./probe.ts";
import { noteContent, noteSilence, patienceOf, suspectAlone, suspectSilence } from "./silence.ts";
import type { Instance } from "./subjects.ts";

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
  /** Takes what the headers of an answer say about limits. */
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
export interface SharedMemory
  extends Pick<EntryBook, "entries" | "entryAt" | "drop" | "entriesOf" | "keysOf" | "saysNothing"> {
  /** The store. */
  readonly health: MemoryHealth;
  /** Whether a call has to be measured, because tokens are limited. */
  countsTokens(subject: HealthSubject): boolean;
  /** Lets a call through that was let through elsewhere. */
  join(subject: HealthSubject, call: JoinedCall): JoinedPermit;
  /** Why nobody is let through now. */
  refuse(subject: HealthSubject, lacking: LimitState | undefined): Refusal;
  /** What its rules take their time from. */
  readonly clock: HealthClock;
}

/** How a memory that several processes share differs from one of its own. */
export interface SharedMemoryOptions extends MemoryHealthOptions {
  /** Distinguishes the probes of this process from those of others; empty without others. */
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

/** A health store that lives as long as the process. */
export function createMemoryHealth(options: MemoryHealthOptions = {}): MemoryHealth {
  return createSharedMemory({ ...options, process: "" }).health;
}

/** A memory whose entries a store reads and writes. */
export function createSharedMemory(options: SharedMemoryOptions): SharedMemory {
  const { now = () => performance.now(), random = Math.random, lone = false } = options;
  const clock = createHealthClock({ now, random });
  const book = createEntryBook({ now, isShared: options.process !== "" });
  const { entries, entryAt, drop, keysOf, saysNothing, entriesOf, findModel, modelOf, failedEntry, reset } =
    book;

  function peek(subject: HealthSubject, { limits: declared }: Pick<AdmitOptions, "limits"> = {}): Health {
    const time = now();
    const model = findModel(subject);
    if (model !== undefined) suspectSilence(model, time, clock);
    const refused = book.refusedNeeds(subject, time);
    const ledger = ledgerOf(model, declared);
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
    const model = findModel(subject);
    const states = ledgerOf(model, declared)?.states(time) ?? [];
    const shares = states.map(({ left, limit = Math.max(1, left) }) => left / limit);
    const askedMs = model?.askedAt === undefined ? undefined : time - model.askedAt;
    return { share: Math.min(1, ...shares), askedMs };
  }

  function admit(subject: HealthSubject, options: AdmitOptions = {}): Permit | Refusal {
    const { insist, firstChunkMs = PROBE_LEASE_MS, limits } = options;
    const time = now();
    const model = modelOf(subject);
    suspectSilence(model, time, clock);
    const found = entriesOf(subject);
    const health = worstOf(found, time);
    const { state, remainingMs } = health;
    if (limits !== undefined) declareLimits(model, limits);
    const share = shareOf(model, options, time);
    const lacking = model.ledger?.lacking(share.tokens, time);
    if (lacking !== undefined && state !== "refused") return { admitted: false, ...fullHealth(lacking) };
    const insists =
      state === "cooling" && (insist === "alone" || (insist === "cooling" && mayInsist(model, time)));
    const probes = insists || (state === "probing" && remainingMs === 0);
    const joins =
      state === "well" ||
      (state === "suspect" && insist !== undefined) ||
      (state === "probing" && insist === "alone");
    if (!probes && !joins) return refusal(health, model, found, time);
    if (insists) model.insisted = [time, model.insisted[0]];
    const order = clock.order(time);
    const ticket: Ticket = { admitted: true, subject, order, at: time, firstChunkMs, share };
    return wait(model, probes ? probeWith(found, ticket) : ticket);
  }

  /** The ticket of a call that probes, unless all that is open has a probe. */
  function probeWith(found: readonly Entry[], ticket: Ticket): Ticket {
    const probe = `probe-${options.process}${ticket.order}`;
    const { at, firstChunkMs } = ticket;
    const leased = leaseProbe(found, { probe, at, firstChunkMs });
    return leased === undefined ? ticket : { ...ticket, probe, ...leased };
  }

  function wait(model: Entry, ticket: Ticket): Ticket {
    model.askedAt = ticket.at;
    model.ledger?.reserve(ticket.order, ticket.share, ticket.at);
    if (ticket.firstChunkMs > 0) model.waiting.add(ticket);
    return ticket;
  }

  function refuse(subject: HealthSubject, lacking: LimitState | undefined): Refusal {
    if (lacking !== undefined) return { admitted: false, ...fullHealth(lacking) };
    const time = now();
    const model = modelOf(subject);
    const found = entriesOf(subject);
    return refusal(worstOf(found, time), model, found, time);
  }

  function join(subject: HealthSubject, { order, firstChunkMs, probe, mark }: JoinedCall): JoinedPermit {
    const model = modelOf(subject);
    let patienceMs: number | undefined;
    for (const entry of entriesOf(subject)) {
      if (entry.open?.code === "timeout" && isProbeOf(entry, probe))
        patienceMs = patienceOf(model, firstChunkMs);
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

  function note(permit: Permit, limits: readonly RateLimit[]): void {
    noteLimits(modelOf(permit.subject), permit as Ticket, limits, now());
  }

  function commit(permit: Permit): void {
    const { subject, probe, order } = permit as Ticket;
    noteContent(modelOf(subject), permit as Ticket, now());
    for (const entry of entriesOf(subject)) closeEntry(entry, order, probe);
  }

  function succeed(permit: Permit, usage?: Usage): void {
    commit(permit);
    const { subject, order } = permit as Ticket;
    settleShare(modelOf(subject), permit as Ticket, usage);
    const time = now();
    for (const entry of entriesOf(subject)) noteSuccess(entry, order, time);
  }

  function fail(permit: Permit, failure: HealthFailure): Health {
    const { subject, probe, at, order } = permit as Ticket;
    leave(permit as Ticket);
    if (failure.origin !== undefined && subject.origin === undefined) book.learn(subject, failure.origin);
    const entry = failedEntry(subject, failure);
    const probing = isProbeOf(entry, probe);
    const reopening = probe !== undefined && entry.closedBy === probe;
    giveBackProbe(entriesOf(subject), probe);
    noteFailure(entry, failure, { order, probedAt: probing ? at : undefined, reopening }, clock);
    const { second } = failure;
    if (second !== undefined && book.hasSibling(subject, failure, now()))
      noteFailure(failedEntry(subject, second), second, { order }, clock);
    if (lone && failure.code === "timeout") suspectAlone(modelOf(subject), clock);
    return worstOf(entriesOf(subject), now());
  }

  function release(permit: Permit, { silent = false }: { readonly silent?: boolean | undefined } = {}): void {
    const { subject, probe } = permit;
    const waited = leave(permit as Ticket);
    const model = modelOf(subject);
    const probing = isProbeOf(model, probe);
    giveBackProbe(entriesOf(subject), probe);
    if (silent && waited) noteSilence(model, permit as Ticket, { probing, lone }, clock);
  }

  /** Takes that a call waits no more; gives whether it did. */
  function leave(ticket: Ticket): boolean {
    const model = modelOf(ticket.subject);
    model.ledger?.settle(ticket.order, undefined);
    return model.waiting.delete(ticket);
  }

  const health = { peek, room, admit, commit, note, succeed, fail, release, reset };
  return {
    health,
    entries,
    clock,
    entryAt,
    drop,
    entriesOf,
    keysOf,
    saysNothing,
    countsTokens,
    join,
    refuse,
  };
}

function mayInsist({ insisted }: Entry, time: number): boolean {
  return time - insisted[1] >= INSIST_MS;
}

function refusal(health: Health, { askedAt }: Entry, found: readonly Entry[], time: number): Refusal {
  const { state, remainingMs, openMs, code, effect, repeats, need } = health;
  const askedMs = askedAt === undefined ? undefined : time - askedAt;
  const settled = settledOf(found, time);
  // one by one, because V8 takes ten times as long to copy a whole object into another
  return { admitted: false, state, remainingMs, openMs, code, effect, repeats, need, askedMs, settled };
}
