import { createEntry, type Entry, settleLease } from "./entry.ts";
import type { HealthFailure, HealthSubject, RefusedNeed } from "./health.ts";
import { HEALTH_ENTRIES, LEVEL_DECAY_MS } from "./policy.ts";
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

/** Finds what is remembered of whom, and bounds how much that is. The rules are in `memory-health.ts`. */
export interface EntryBook {
  /** What is remembered, by the keys of subjects. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** The entry of a key, which is made where there is none; `need` is what it is about, where it is a refused need. */
  entryAt(key: string, need?: string): Entry;
  /** Drops an entry. */
  drop(key: string): void;
  /** Drops all entries, or those of one instance. */
  reset(instance?: Instance): void;
  /** Whether an entry may be forgotten. */
  saysNothing(entry: Entry): boolean;
  /** The keys of all that concerns a call. */
  keysOf(subject: HealthSubject): string[];
  /** What is remembered that concerns a call. */
  entriesOf(subject: HealthSubject): readonly Entry[];
  /** The entry of a subject's model, where there is one. */
  findModel(subject: HealthSubject): Entry | undefined;
  /** The entry of a subject's model, which is made where there is none. */
  modelOf(subject: HealthSubject): Entry;
  /** The entry that a failure is about, which is made where there is none. */
  failedEntry(subject: HealthSubject, failure: HealthFailure): Entry;
  /** What a subject's model refuses at this time. */
  refusedNeeds(subject: HealthSubject, time: number): RefusedNeed[];
  /** Whether another model of the same instance is ruled out for the same reason. */
  hasSibling(subject: HealthSubject, failure: HealthFailure, time: number): boolean;
  /** Takes which server an instance talks to, where its settings do not tell. */
  learn(instance: Instance, origin: string): void;
}

/** What a book takes. */
export interface EntryBookOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Other processes use the same keys. */
  readonly isShared: boolean;
}

/** The entries of a subject, until one is made or dropped. */
interface Known {
  readonly found: readonly Entry[];
  readonly generation: number;
  readonly model: Entry | undefined;
}

/** A book without entries. */
export function createEntryBook({ now, isShared }: EntryBookOptions): EntryBook {
  const entries = new Map<string, Entry>();
  /** Learned from failures, where no base URL says which server a provider talks to. */
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

  function keysOf(subject: HealthSubject): string[] {
    const keys = SCOPES.map((scope) => keyOf(subject, scope));
    for (const need of refusableNeeds(subject)) keys.push(needKey(subject, need));
    return keys;
  }

  function recall(subject: HealthSubject): Known {
    const kept = known.get(subject);
    if (kept?.generation === generation) return kept;
    const found = keysOf(subject).flatMap((key) => entries.get(key) ?? []);
    const recalled = { found, generation, model: entries.get(keyOf(subject, "model")) };
    known.set(subject, recalled);
    return recalled;
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

  function belongsTo(instance: Instance): (key: string) => boolean {
    const prefixes = [modelPrefix(instance), needPrefix(instance)];
    const keys = SCOPES.map((scope) => keyOf(instance, scope));
    return (key) => keys.includes(key) || prefixes.some((prefix) => key.startsWith(prefix));
  }

  return {
    entries,
    entryAt,
    saysNothing,
    keysOf,
    entriesOf: (subject) => recall(subject).found,
    findModel: (subject) => recall(subject).model,
    modelOf: (subject) => recall(subject).model ?? entryAt(keyOf(subject, "model")),
    failedEntry(subject, failure) {
      if (failure.scope !== "need") return entryAt(keyOf(subject, failure.scope));
      const need = failure.need ?? wholeNeed(subject);
      return entryAt(needKey(subject, need), need);
    },
    refusedNeeds(subject, time) {
      const prefix = needKey(subject, "");
      const refused: RefusedNeed[] = [];
      for (const [key, { need, open }] of entries) {
        if (need === undefined || open === undefined || time >= open.until || !key.startsWith(prefix))
          continue;
        refused.push({ need, remainingMs: open.until - time });
      }
      return refused;
    },
    hasSibling(subject, { code }, time) {
      const own = keyOf(subject, "model");
      const prefix = modelPrefix(subject);
      for (const [key, { open }] of entries) {
        if (open?.code === code && time < open.until && key !== own && key.startsWith(prefix)) return true;
      }
      return false;
    },
    learn(instance, origin) {
      const name = instanceOf(instance);
      const server = serverOf(origin);
      if (origins.get(name) === server) return;
      origins.set(name, server);
      generation++;
    },
    drop(key) {
      if (entries.delete(key)) generation++;
    },
    reset(instance) {
      const isMeant = instance === undefined ? () => true : belongsTo(instance);
      for (const [key, entry] of entries) {
        if (!isMeant(key)) continue;
        settleLease(entry);
        entries.delete(key);
      }
      generation++;
    },
  };
}
