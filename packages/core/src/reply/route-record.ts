import type { Attempt, ChatProvider, FinishPart } from "../contract/contract.ts";
import { selectModel } from "../contract/requirements.ts";
import { ChatError } from "../errors/chat-error.ts";
import type { OpenRoute } from "../guard/call-context.ts";
import type { CallObserver, FailedCall } from "../guard/guard-options.ts";

/** Writes the one attempt of a call to a provider into its route. */
export function createRouteRecord(
  provider: ChatProvider,
  model: string | undefined,
  route: OpenRoute,
): CallObserver {
  return new RouteRecord(provider, model, route);
}

class RouteRecord implements CallObserver {
  private readonly route: OpenRoute;
  private readonly provider: string;
  private readonly model: string | undefined;
  private readonly started: number;

  constructor(provider: ChatProvider, model: string | undefined, route: OpenRoute) {
    this.route = route;
    this.provider = provider.id;
    this.model = askedModel(provider, model);
    this.started = performance.now();
  }

  committed(): void {
    const { route, provider, model } = this;
    // a wrapped chain has named which of its own candidates it was
    if (route.provider !== undefined) return;
    route.provider = provider;
    if (model !== undefined) route.model = model;
  }

  finished(finish: FinishPart): FinishPart {
    const { route, provider } = this;
    const reportedModel = finish.model || undefined;
    this.add({ outcome: "answered", ...(reportedModel === undefined ? {} : { reportedModel }) });
    const model = reportedModel ?? this.model;
    const answered = { provider, ...(model === undefined ? {} : { model }) };
    return { ...finish, route: { ...answered, ...finish.route, attempts: route.attempts } };
  }

  failed(reason: unknown, { aborted }: FailedCall): unknown {
    if (aborted || !(reason instanceof ChatError)) {
      this.add({ outcome: aborted ? "aborted" : "failed" });
      return reason;
    }
    const { code, phase, status } = reason;
    this.add({ outcome: "failed", code, phase, status });
    return reason;
  }

  left(): void {
    this.add({ outcome: "aborted" });
  }

  private add(facts: Omit<Attempt, "provider" | "model" | "ms">): void {
    const { route, provider, model, started } = this;
    // a wrapped chain has recorded its own attempts
    if (route.attempts.length > 0) return;
    const ms = Math.round(performance.now() - started);
    route.attempts.push({ provider, ...(model === undefined ? {} : { model }), ...facts, ms });
  }
}

function askedModel(provider: ChatProvider, name: string | undefined): string | undefined {
  try {
    return selectModel(provider, name).model;
  } catch {
    return name;
  }
}
