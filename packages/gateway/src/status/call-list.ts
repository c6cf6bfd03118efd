import type { CallAttempt, CallCommitted, CallEnded, CallStarted } from "@fallthrough/registry";
import type { CallRecord, OpenRecord } from "../call-record.ts";

/** Calls that are kept once they have ended. */
const KEPT = 50;
/** Calls that are shown while they run. */
const MOST_OPEN = 200;

/** One call, without its text. */
export interface CallEntry {
  /** The id of the request, or of the call where it came by no request. */
  readonly id: string;
  /** When it came. */
  readonly at: string;
  /** How far it is, or how it ended. */
  state: "asking" | "answering" | CallEnded["outcome"];
  /** The method and the path; absent where the application itself called. */
  readonly route?: string | undefined;
  /** The name of the client's token. */
  readonly client?: string | undefined;
  /** The name that was asked for. */
  readonly model: string;
  /** The provider that answers. */
  provider?: string | undefined;
  /** The model that answers. */
  answered_by?: string | undefined;
  /** The HTTP status. */
  status?: number | undefined;
  /** What it failed with. */
  code?: string | undefined;
  /** Milliseconds to the first content. */
  first_ms?: number | undefined;
  /** Milliseconds of the call. */
  ms?: number | undefined;
  /** Who was asked, in order. */
  readonly attempts: AttemptEntry[];
}

/** One of those who were asked. */
export interface AttemptEntry
  extends Pick<CallAttempt, "provider" | "model" | "key" | "outcome" | "code" | "ms" | "reason"> {}

/** The calls that run and the last that ended. */
export interface CallList {
  /** Tells which request a call is made for, by the signal of that call. */
  link(signal: AbortSignal, record: OpenRecord): void;
  /** The request that a signal belongs to. */
  recordOf(signal: AbortSignal | undefined): OpenRecord | undefined;
  /** A call begins. */
  start(call: CallStarted): void;
  /** An attempt of it has ended. */
  attempt(call: CallStarted, attempt: CallAttempt): void;
  /** Somebody answers. */
  commit(call: CallStarted, committed: CallCommitted): void;
  /** It has ended in the registry. */
  end(call: CallStarted, ended: CallEnded): void;
  /** A request has ended, also one that never was a call. */
  endRequest(record: CallRecord, open: OpenRecord): void;
  /** How many run. */
  readonly running: number;
  /** The last first, those that run among them. */
  list(): readonly CallEntry[];
}

/** An empty list, which calls `changed` with each entry that is new or changed. */
export function createCallList(changed: (entry: CallEntry) => void): CallList {
  const requests = new WeakMap<AbortSignal, OpenRecord>();
  const byRequest = new WeakMap<OpenRecord, CallEntry>();
  const byCall = new WeakMap<CallStarted, CallEntry>();
  const running = new Set<CallEntry>();
  const ended: CallEntry[] = [];

  function recordOf(signal: AbortSignal | undefined): OpenRecord | undefined {
    return signal === undefined ? undefined : requests.get(signal);
  }

  function finish(entry: CallEntry): void {
    running.delete(entry);
    if (!ended.includes(entry)) ended.unshift(entry);
    if (ended.length > KEPT) ended.pop();
    changed(entry);
  }

  return {
    link: (signal, record) => void requests.set(signal, record),
    recordOf,

    start(call) {
      const record = recordOf(call.request.signal);
      const entry: CallEntry = {
        id: record?.id ?? call.id,
        at: new Date(call.at).toISOString(),
        state: "asking",
        ...(record === undefined ? {} : { route: record.route, client: record.client }),
        model: call.model ?? "auto",
        attempts: [],
      };
      byCall.set(call, entry);
      if (record !== undefined) byRequest.set(record, entry);
      running.add(entry);
      changed(entry);
    },

    attempt(call, { provider, model, key, outcome, code, ms, reason }) {
      const entry = byCall.get(call);
      if (entry === undefined) return;
      entry.attempts.push({ provider, model, key, outcome, code, ms, reason });
      changed(entry);
    },

    commit(call, { provider, model, afterMs }) {
      const entry = byCall.get(call);
      if (entry === undefined) return;
      Object.assign(entry, {
        state: "answering",
        provider,
        answered_by: model,
        first_ms: Math.round(afterMs),
      });
      changed(entry);
    },

    end(call, { outcome, route, durationMs, error }) {
      const entry = byCall.get(call);
      if (entry === undefined) return;
      entry.state = outcome;
      entry.ms ??= Math.round(durationMs);
      entry.answered_by = route.model ?? entry.answered_by;
      if (outcome === "failed") entry.code ??= codeOf(error);
      finish(entry);
    },

    endRequest({ id, at, route, client, model, status, code, ms }, open) {
      const known = byRequest.get(open);
      const facts = { status, code, ms };
      if (known !== undefined) {
        Object.assign(known, facts);
        // what is written may fail where the answer was whole
        if (code !== undefined) known.state = code === "client_left" ? "aborted" : "failed";
        finish(known);
        return;
      }
      const state = code === undefined ? "answered" : "failed";
      finish({ id, at: at.toISOString(), state, route, client, model: model ?? "", attempts: [], ...facts });
    },

    get running() {
      return running.size;
    },
    list: () => [...[...running].reverse().slice(0, MOST_OPEN), ...ended],
  };
}

function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "exhausted";
}
