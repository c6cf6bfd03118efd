import type { Registry } from "@fallthrough/registry";
import type { CallRecord, OpenRecord } from "../call-record.ts";
import { createMetrics, type Metrics } from "../metrics/metrics.ts";
import { type CallEntry, type CallList, createCallList } from "./call-list.ts";
import { type CandidateCounter, createCandidateCounter } from "./candidate-counts.ts";

/** Sees what the calls of a gateway come to, without their text; it outlives a change of the configuration. */
export interface Monitor {
  /** When it began. */
  readonly since: Date;
  /** The calls. */
  readonly calls: CallList;
  /** What is counted by candidate. */
  readonly counts: CandidateCounter;
  /** What is measured. */
  readonly metrics: Metrics;
  /** Watches the calls of a registry; gives what ends that. */
  watch(registry: Registry): () => void;
  /** Tells that a request has ended. */
  ended(record: CallRecord, open: OpenRecord): void;
  /** Tells a listener of every call that changes, and of the end; gives what takes it off. */
  listen(listener: MonitorListener): () => void;
  /** Ends all that listen: they may come back, and then the rules of access are those of now. */
  dismiss(): void;
}

/** Told of what changes. */
interface MonitorListener {
  /** A call is new or another. */
  changed(entry: CallEntry): void;
  /** Nothing more is reported. */
  dismissed(): void;
}

/** Creates a monitor that has seen nothing yet. */
export function createMonitor(): Monitor {
  const listeners = new Set<MonitorListener>();
  const calls = createCallList((entry) => {
    for (const listener of listeners) listener.changed(entry);
  });
  const counts = createCandidateCounter();
  const metrics = createMetrics();
  /** The time that a request waited for providers, until it has ended. */
  const asked = new WeakMap<OpenRecord, number>();

  /** Those that are watched: one may serve before and after a change of the options. */
  const watches = new Map<Registry, { users: number; readonly stop: () => void }>();

  function observe(registry: Registry): () => void {
    const stop = registry.observe?.((call) => {
      calls.start(call);
      return {
        attempt(attempt) {
          counts.add(attempt);
          metrics.attempt(attempt);
          calls.attempt(call, attempt);
        },
        committed: (committed) => calls.commit(call, committed),
        ended(ended) {
          const record = calls.recordOf(call.request.signal);
          if (record !== undefined && ended.outcome !== "aborted") asked.set(record, ended.askedMs);
          calls.end(call, ended);
        },
      };
    });
    // a registry of somebody's own may tell nothing
    return stop ?? (() => {});
  }

  return {
    since: new Date(),
    calls,
    counts,
    metrics,

    watch(registry) {
      const watch = watches.get(registry) ?? { users: 0, stop: observe(registry) };
      watches.set(registry, watch);
      watch.users++;
      return () => {
        watch.users--;
        if (watch.users > 0) return;
        watch.stop();
        watches.delete(registry);
      };
    },

    ended(record, open) {
      const askedMs = asked.get(open);
      const ownMs = open.sinceRead();
      if (askedMs !== undefined && ownMs !== undefined) metrics.overhead(Math.max(0, ownMs - askedMs));
      metrics.request(record);
      calls.endRequest(record, open);
    },

    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    dismiss() {
      for (const listener of [...listeners]) listener.dismissed();
      listeners.clear();
    },
  };
}
