// for packages that keep the health of a fleet elsewhere: the same rules, entries and names

export type { Entry } from "./health/entry.ts";
export {
  type Allowance,
  LEARNED_SHARE,
  type LimitState,
  RATES,
  RESERVED_MS,
  WINDOWS,
} from "./health/ledger.ts";
export {
  createSharedMemory,
  type JoinedPermit,
  type SharedMemory,
  type SharedMemoryOptions,
} from "./health/memory-health.ts";
export {
  COOLDOWN_JITTER,
  FAILURES_TO_OPEN,
  HEALTH_ENTRIES,
  INSIST_MS,
  LEASE_MARGIN_MS,
  LEVEL_DECAY_MS,
  PROBE_LEASE_MS,
  SILENCE,
  SUSPICION,
} from "./health/policy.ts";
export { type EntryRecord, readEntry, writeEntry } from "./health/record.ts";
export { graceOf } from "./health/silence.ts";
export {
  type Instance,
  modelPrefix,
  needKey,
  needPrefix,
  scopeKey,
  serverOf,
  wholeNeed,
} from "./health/subjects.ts";
