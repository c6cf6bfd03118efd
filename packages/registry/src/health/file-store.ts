import { randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { worstOf } from "./entry.ts";
import { type FileLock, lockFile } from "./file-lock.ts";
import type { AdmitOptions, HealthStore, HealthSubject, Permit, Refusal } from "./health.ts";
import { createSharedMemory, type SharedMemory } from "./memory-health.ts";
import { HEALTH_ENTRIES, PROBE_WAIT_MS } from "./policy.ts";
import { type EntryRecord, fieldsOf, forgetEntry, needOf, readEntry, writeEntry } from "./record.ts";

/** A health store in a file, which the processes of one machine share. */
export interface FileHealth extends Required<HealthStore> {
  /** Resolves once the file holds what was reported so far, or cannot be written now. */
  flush(): Promise<void>;
}

const VERSION = 1;
const EMPTY: EntryRecord = { version: VERSION, entries: {} };
/** No file of so many entries is longer. */
const LONGEST_FILE = 4 * 1024 * 1024;
/** A file that cannot be written is left alone for so long. */
const REST_MS = 5_000;
/** A caller waits no longer for others who hold the lock, and goes on with what this process knows. */
const CALLERS_PATIENCE_MS = 250;
/** What was reported waits longer, because nobody waits for it. */
const PATIENCE_MS = 10_000;
/** How often the file is looked at while a caller waits for the probe of another process. */
const LOOK_MS = 100;
/** A clock that was set by more than this is one that was set. */
const STEP_MS = 50;
/** What cannot be written is kept for a later try, but not without end. */
const MOST_UNSAVED = 1_000;

/** A caller who waits until no other process can change the file. */
interface Waiting {
  ask(): void;
  /** Told once the file holds what the call changed. */
  answer(): void;
  readonly since: number;
}

/** A store in this file. What is reported counts at once here, and for others as soon as it is written. */
export function createFileStore(path: string): FileHealth {
  const memory = createSharedMemory({ process: `${randomUUID().slice(0, 8)}-`, lone: true });
  const { health } = memory;
  /** What the file was when it was read or written last. */
  let seen = "";
  /** Reports that the file does not hold yet: whoever reads it anew makes them again. */
  let unsaved: (() => void)[] = [];
  const waiting: Waiting[] = [];
  let working: Promise<void> | undefined;
  const wall = createWallClock();
  let watching: NodeJS.Timeout | undefined;
  let restUntil = Number.NEGATIVE_INFINITY;

  function refresh(): void {
    const mark = markOf(path);
    if (mark === seen) return;
    seen = mark;
    if (!load(memory, mark === "" ? EMPTY : readFile(path), wall.shift())) return;
    for (const report of unsaved) report();
  }

  /** Runs what is waiting while no other process can change the file. */
  async function work(): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (waiting.length > 0 || unsaved.length > 0) {
      const lock = await takeLock(end);
      if (lock !== undefined) refresh();
      const saving = unsaved.length;
      const asked = waiting.splice(0);
      for (const { ask } of asked) ask();
      if (lock !== undefined) await saveAndRelease(lock, saving);
      for (const { answer } of asked) answer();
      if (lock === undefined && performance.now() >= end) restUntil = performance.now() + REST_MS;
      if (performance.now() < restUntil) break;
    }
    unsaved = unsaved.slice(-MOST_UNSAVED);
  }

  async function takeLock(end: number): Promise<FileLock | undefined> {
    if (performance.now() < restUntil) return undefined;
    const isWanted = (): boolean => {
      const now = performance.now();
      return now < end && !(waiting[0] !== undefined && now - waiting[0].since > CALLERS_PATIENCE_MS);
    };
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return await lockFile(path, isWanted);
    } catch {
      restUntil = performance.now() + REST_MS;
      return undefined;
    }
  }

  async function saveAndRelease(lock: FileLock, saving: number): Promise<void> {
    try {
      if (!(await lock.isHeld())) return;
      await save(path, formatEntries(memory, wall.shift()));
      seen = markOf(path);
      unsaved.splice(0, saving);
    } catch {
      restUntil = performance.now() + REST_MS;
    } finally {
      await lock.release().catch(() => {});
    }
  }

  function start(): void {
    working ??= work().finally(() => {
      working = undefined;
      // what came while the last round ended
      if (waiting.length > 0 || (unsaved.length > 0 && performance.now() >= restUntil)) start();
    });
  }

  /** Answers once nobody else can give another answer to the same. */
  function alone<Told>(verb: () => Told): Promise<Told> {
    return new Promise((resolve, reject) => {
      let answer: () => void;
      const ask = (): void => {
        try {
          const told = verb();
          answer = () => resolve(told);
        } catch (error) {
          answer = () => reject(error);
        }
      };
      waiting.push({ ask, answer: () => answer(), since: performance.now() });
      start();
    });
  }

  function report<Told>(tell: () => Told): Told {
    unsaved.push(tell);
    const told = tell();
    start();
    return told;
  }

  /** Nothing is remembered that a call to it could change. */
  function isQuiet(subject: HealthSubject): boolean {
    return memory
      .entriesOf(subject)
      .every(
        ({ open, failures, level, repeats, ledger, silentMs }) =>
          open === undefined && failures + level + repeats + silentMs === 0 && ledger === undefined,
      );
  }

  /** Whether an admission takes what others could take: the place of the probe, or a share of a limit. */
  function takesSomething(subject: HealthSubject, { limits, insist }: AdmitOptions): boolean {
    const found = memory.entriesOf(subject);
    if (limits !== undefined || found.some(({ ledger }) => ledger !== undefined)) return true;
    const { state, remainingMs } = worstOf(found, performance.now());
    if (state === "probing" && remainingMs === 0) return true;
    return insist !== undefined && state !== "well" && state !== "refused";
  }

  /** Looks at the file while a caller waits for the probe of another process. */
  function watch<Answer extends Permit | Refusal>(answer: Answer): Answer {
    if (answer.admitted || answer.settled === undefined || watching !== undefined) return answer;
    watching = setInterval(refresh, LOOK_MS);
    const end = (): void => {
      clearInterval(watching);
      watching = undefined;
    };
    const timer = setTimeout(end, PROBE_WAIT_MS);
    void answer.settled.then(() => {
      clearTimeout(timer);
      end();
    });
    return answer;
  }

  /** Tells what came of a call, to the file only where that changes something. */
  function settle(permit: Permit, tell: () => void): void {
    if (isQuiet(permit.subject)) tell();
    else report(tell);
  }

  return {
    peek(subject, options) {
      refresh();
      return health.peek(subject, options);
    },
    room(subject, options) {
      refresh();
      return health.room(subject, options);
    },
    admit(subject: HealthSubject, options: AdmitOptions = {}) {
      refresh();
      if (!takesSomething(subject, options)) return watch(health.admit(subject, options));
      return alone(() => watch(health.admit(subject, options)));
    },
    commit: (permit) => settle(permit, () => health.commit(permit)),
    note: (permit, limits) => (limits.length === 0 ? undefined : report(() => health.note(permit, limits))),
    succeed: (permit, usage) => settle(permit, () => health.succeed(permit, usage)),
    fail: (permit, failure) => report(() => health.fail(permit, failure)),
    release(permit, how) {
      if (how?.silent) return alone(() => health.release(permit, how));
      return settle(permit, () => health.release(permit, how));
    },
    reset: (instance) => alone(() => health.reset(instance)),
    async flush() {
      while (working !== undefined) await working;
    },
  };
}

function markOf(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return "";
  }
}

function readFile(path: string): EntryRecord | undefined {
  try {
    return statSync(path).size > LONGEST_FILE ? undefined : fieldsOf(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** Makes the memory what the file says; gives whether the file said anything. */
function load(memory: SharedMemory, file: EntryRecord | undefined, own: number): boolean {
  const records = fieldsOf(file?.["entries"]);
  if (file === undefined || records === undefined || file["version"] !== VERSION) return false;
  const { written } = file;
  const now = performance.now();
  // a clock that was set back makes no cooldown longer
  const shift = typeof written === "number" ? Math.max(written - now, own) : own;
  for (const [key, entry] of memory.entries) {
    if (Object.hasOwn(records, key)) continue;
    if (entry.waiting.size > 0) forgetEntry(entry);
    else memory.drop(key);
  }
  for (const [key, value] of Object.entries(records).slice(0, HEALTH_ENTRIES)) {
    const record = fieldsOf(value);
    if (record !== undefined) readEntry(memory.entryAt(key, needOf(record)), record, shift, now);
  }
  return true;
}

function formatEntries({ entries, saysNothing }: SharedMemory, shift: number): string {
  const now = performance.now();
  const told = [...entries].filter(([, entry]) => !saysNothing(entry));
  return JSON.stringify(Object.fromEntries(told.map(([key, entry]) => [key, writeEntry(entry, shift, now)])));
}

/** Puts a new file in the place of the old one, so that nobody reads half of it. */
async function save(path: string, entries: string): Promise<void> {
  const next = `${path}.new`;
  await rm(next, { force: true });
  const handle = await open(next, "wx", 0o600);
  try {
    await handle.writeFile(`{"version":${VERSION},"written":${Date.now()},"entries":${entries}}\n`);
  } finally {
    await handle.close();
  }
  await rename(next, path);
}

/** How far the clock on the wall is ahead of the one that never goes back; small steps are no news. */
function createWallClock(): { shift(): number } {
  let shift = Date.now() - performance.now();
  return {
    shift() {
      const latest = Date.now() - performance.now();
      if (Math.abs(latest - shift) > STEP_MS) shift = latest;
      return shift;
    },
  };
}
