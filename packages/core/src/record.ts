import { setMaxListeners } from "node:events";
import { type Call, openCall } from "./call.ts";
import type { Attempt, ChatProvider, ChatRequest, FinishPart, Route } from "./contract.ts";
import { DEFAULT_TIMEOUTS } from "./defaults.ts";
import { amendError, ChatError } from "./errors.ts";
import { SELF_GUARDED } from "./guard.ts";
import { selectModel } from "./requirements.ts";

/** Keeps the route of one call. */
export interface CallRecord {
  readonly route: Route;
  /** Carries the call to a chain; aborts with the caller's. */
  readonly signal: AbortSignal;
  begin(): void;
  end(outcome: "answered" | "aborted", finish?: FinishPart): void;
  /** Ends the record; gives the failure with the route. */
  fail(reason: unknown): unknown;
}

/** The record of a call to this provider, which may be a chain that tells its attempts itself. */
export function createRecord(provider: ChatProvider, { model, signal }: ChatRequest): CallRecord {
  const attempts: Attempt[] = [];
  let route: Route = { attempts };
  const controller = new AbortController();
  const call: Call = {
    phase: "connect",
    exchanges: 0,
    connectMs: DEFAULT_TIMEOUTS.connectMs,
    attempts,
  };
  openCall(controller.signal, call);
  let started: number | undefined;
  let ended = false;

  const onAbort = (): void => controller.abort(signal?.reason);

  function close(attempt: Omit<Attempt, "provider" | "model" | "ms">): void {
    ended = true;
    signal?.removeEventListener("abort", onAbort);
    // a chain has told its own attempts, or that there was none
    if (attempts.length > 0 || SELF_GUARDED in provider || started === undefined) return;
    const asked = askedModel(provider, model);
    attempts.push({
      provider: provider.id,
      model: asked,
      ...attempt,
      ms: Math.round(performance.now() - started),
    });
    if (attempt.outcome === "answered") route = { provider: provider.id, model: asked, attempts };
  }

  return {
    get route() {
      return ended || call.answering === undefined ? route : { ...call.answering, attempts };
    },
    signal: controller.signal,
    begin() {
      started = performance.now();
      if (signal === undefined) return;
      if (signal.aborted) onAbort();
      // one signal may end all calls of a server, which is no leak
      setMaxListeners(0, signal);
      signal.addEventListener("abort", onAbort);
    },
    end(outcome, finish) {
      if (ended) return;
      close({ outcome, ...(finish?.model === undefined ? {} : { reportedModel: finish.model }) });
      route = finish?.route ?? route;
    },
    fail(reason) {
      if (ended) return reason;
      if (reason instanceof ChatError) {
        const { code, phase, status } = reason;
        close({ outcome: "failed", code, phase, status });
        return reason.route === undefined ? amendError(reason, { route }) : reason;
      }
      close({ outcome: signal?.aborted ? "aborted" : "failed" });
      return reason;
    },
  };
}

function askedModel(provider: ChatProvider, name: string | undefined): string {
  try {
    return selectModel(provider, name).model ?? "";
  } catch {
    return name ?? "";
  }
}
