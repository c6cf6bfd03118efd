import { type Entry, settleLease } from "./entry.ts";
import { LEASE_MARGIN_MS, PROBE_LEASE_MS, PROBE_WAIT_MS } from "./policy.ts";
import { patienceOf } from "./silence.ts";

/** The call that is to be the probe. */
interface Prober {
  /** Its name as the probe. */
  readonly probe: string;
  /** When it was let through. */
  readonly at: number;
  /** The longest silence that it accepts, in milliseconds; 0 is no limit. */
  readonly firstChunkMs: number;
}

/** Makes a call the probe of all that is open and has none; gives how long it is to wait, or `undefined` where it is none. */
export function leaseProbe(
  found: readonly Entry[],
  { probe, at, firstChunkMs }: Prober,
): { readonly patienceMs: number | undefined } | undefined {
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
  return leased ? { patienceMs } : undefined;
}

/** Ends with the probe, while that is young. */
export function settledOf(found: readonly Entry[], time: number): Promise<void> | undefined {
  const lease = found.find((entry) => entry.lease !== undefined && time < entry.lease.until)?.lease;
  if (lease === undefined || time - lease.since >= PROBE_WAIT_MS) return undefined;
  lease.settled ??= new Promise((resolve) => {
    lease.settle = resolve;
  });
  return lease.settled;
}

/** Whether a call is the probe of an entry. */
export function isProbeOf({ lease }: Entry, probe: string | undefined): boolean {
  return probe !== undefined && lease?.probe === probe;
}

/** Takes the place of the probe from a call, wherever it has it. */
export function giveBackProbe(found: readonly Entry[], probe: string | undefined): void {
  if (probe === undefined) return;
  for (const entry of found) {
    if (entry.lease?.probe === probe) settleLease(entry);
    if (entry.closedBy === probe) entry.closedBy = undefined;
  }
}
