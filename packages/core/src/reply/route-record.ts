import type { Attempt, ChatProvider, ChatRequest, FinishPart, Route } from "../contract/contract.ts";
import { selectModel } from "../contract/requirements.ts";
import { attachRoute, ChatError } from "../errors/chat-error.ts";
import type { OpenRoute } from "../guard/call-context.ts";
import { SELF_GUARDED } from "../guard/guard-options.ts";

/** Keeps the route of one call. */
export interface CallRecord {
  readonly route: OpenRoute;
  begin(): void;
  end(outcome: "answered" | "aborted", finish?: FinishPart): void;
  /** Ends the record; gives the failure with the route. */
  fail(reason: unknown): unknown;
}

/** The record of a call to this provider, which may be a chain that tells its attempts itself. */
export function createRecord(provider: ChatProvider, request: ChatRequest): CallRecord {
  return new OpenRecord(provider, request);
}

class OpenRecord implements CallRecord {
  readonly route: OpenRoute = { attempts: [] };
  private readonly provider: ChatProvider;
  private readonly model: string | undefined;
  private readonly signal: AbortSignal | undefined;
  private started: number | undefined = undefined;
  private ended = false;

  constructor(provider: ChatProvider, { model, signal }: ChatRequest) {
    this.provider = provider;
    this.model = model;
    this.signal = signal;
  }

  begin(): void {
    if (!(SELF_GUARDED in this.provider)) this.started = performance.now();
  }

  end(outcome: "answered" | "aborted", finish?: FinishPart): void {
    if (this.ended) return;
    this.close(
      { outcome, ...(finish?.model === undefined ? {} : { reportedModel: finish.model }) },
      finish?.route,
    );
  }

  fail(reason: unknown): unknown {
    if (this.ended) return reason;
    if (reason instanceof ChatError) {
      const { code, phase, status } = reason;
      this.close({ outcome: "failed", code, phase, status });
      return reason.route === undefined ? attachRoute(reason, this.route) : reason;
    }
    this.close({ outcome: this.signal?.aborted ? "aborted" : "failed" });
    return reason;
  }

  private close(attempt: Omit<Attempt, "provider" | "model" | "ms">, answered?: Answered): void {
    const { route, provider, started } = this;
    this.ended = true;
    // a chain has told its own attempts, or that there was none
    if (route.attempts.length === 0 && started !== undefined) {
      const asked = askedModel(provider, this.model);
      const ms = Math.round(performance.now() - started);
      route.attempts.push({ provider: provider.id, model: asked, ...attempt, ms });
      if (attempt.outcome === "answered") answered ??= { provider: provider.id, model: asked };
    }
    // who began to answer has not answered
    if (answered?.provider === undefined) delete route.provider;
    else route.provider = answered.provider;
    if (answered?.model === undefined) delete route.model;
    else route.model = answered.model;
  }
}

type Answered = Pick<Route, "provider" | "model">;

function askedModel(provider: ChatProvider, name: string | undefined): string {
  try {
    return selectModel(provider, name).model ?? "";
  } catch {
    return name ?? "";
  }
}
