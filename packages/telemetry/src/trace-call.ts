import type { CallAttempt, CallEnded, CallListener, CallStarted } from "@fallthrough/registry";
import type { Attributes, Span, Tracer } from "@opentelemetry/api";
import type { Instruments } from "./instruments.ts";
import { finishReasons, NAMES, operationName, providerName, serverOf } from "./names.ts";
import type { OpenTelemetry } from "./opentelemetry.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";

/** What calls are traced with. */
export interface Tracing {
  /** The API. */
  readonly api: OpenTelemetry;
  /** Makes the spans. */
  readonly tracer: Tracer;
  /** Takes the measures. */
  readonly instruments: Instruments;
  /** Says what of the content is recorded. */
  readonly record: TelemetryOptions["record"];
}

/** The whole chain is no provider of the conventions, so it has a name of its own. */
const CHAIN = "fallthrough";

/** Opens the span of a call, below the one that is active; gives what adds its attempts and ends it. */
export function traceCall({ api, tracer, instruments, record }: Tracing, call: CallStarted): CallListener {
  const { id, at, model = "auto", request } = call;
  const operation = operationName(call.operation);
  const shared = { [NAMES.operation]: operation };
  const around = api.context.active();
  const span = tracer.startSpan(
    `${operation} ${model}`,
    {
      // the calls of providers below it are the clients, so that no token and no second counts twice
      kind: api.SpanKind.INTERNAL,
      startTime: at,
      attributes: { ...shared, [NAMES.provider]: CHAIN, [NAMES.requestModel]: model, [NAMES.callId]: id },
    },
    around,
  );
  const within = api.trace.setSpan(around, span);

  function traceAttempt(attempt: CallAttempt): void {
    const { provider, model: asked, origin, startMs, durationMs, outcome } = attempt;
    const start = at + startMs;
    const named = {
      [NAMES.provider]: providerName(provider),
      ...(asked ? { [NAMES.requestModel]: asked } : {}),
    };
    if (outcome === "skipped") {
      span.addEvent(
        "fallthrough.skipped",
        known({ ...named, ...failureOf(attempt), reason: attempt.reason }),
        start,
      );
      return;
    }
    const own = { ...shared, ...named, ...serverOf(origin) };
    const child = tracer.startSpan(
      asked ? `${operation} ${asked}` : operation,
      { kind: api.SpanKind.CLIENT, startTime: start, attributes: { ...own, ...settingsOf(request) } },
      within,
    );
    child.setAttributes(resultOf(attempt));
    if (outcome === "failed") fail(child, attempt.code ?? "other");
    child.end(start + durationMs);
    const measured = { ...own, ...failureOf(attempt), [NAMES.responseModel]: attempt.reportedModel };
    instruments.attempt(attempt, known(measured));
  }

  function fail(failed: Span, message: string): void {
    failed.setStatus({ code: api.SpanStatusCode.ERROR, message });
  }

  return {
    attempt: traceAttempt,
    committed: ({ afterMs }) => void span.addEvent("fallthrough.committed", {}, at + afterMs),
    ended(ended) {
      const { outcome, durationMs, askedMs, firstMs, route, error, answer } = ended;
      const code = codeOf(error);
      const overhead = Math.max(0, durationMs - askedMs) / 1_000;
      span.setAttributes(
        known({
          [NAMES.responseModel]: route.model,
          [NAMES.attempts]: route.attempts.length,
          [NAMES.overhead]: overhead,
          [NAMES.firstChunk]: firstMs === undefined ? undefined : firstMs / 1_000,
          [NAMES.errorType]: outcome === "failed" ? code : undefined,
        }),
      );
      if (outcome === "failed") fail(span, code);
      // at the end, because only then there is an answer
      const content = recorded(record, request, answer);
      if (content !== undefined) span.setAttributes(content);
      span.end(at + durationMs);
      instruments.call(ended, shared);
    },
  };
}

function recorded(
  record: TelemetryOptions["record"],
  request: CallStarted["request"],
  answer: CallEnded["answer"],
): Attributes | undefined {
  try {
    return record?.({ request, answer });
  } catch {
    // a span without content is better than none
    return undefined;
  }
}

/** What the caller wished for; never what it said. */
function settingsOf(request: CallStarted["request"]): Attributes {
  const { maxOutputTokens, temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = request;
  return known({
    "gen_ai.request.max_tokens": maxOutputTokens,
    "gen_ai.request.temperature": temperature,
    "gen_ai.request.top_p": topP,
    "gen_ai.request.top_k": topK,
    "gen_ai.request.seed": seed,
    "gen_ai.request.presence_penalty": presencePenalty,
    "gen_ai.request.frequency_penalty": frequencyPenalty,
    "gen_ai.request.stop_sequences": request.stopSequences,
    "gen_ai.request.reasoning.level": request.reasoningEffort,
    [NAMES.outputType]: request.responseFormat?.type,
  });
}

function resultOf(attempt: CallAttempt): Attributes {
  const { index, outcome, phase, status, reportedModel, responseId, firstMs, usage = {} } = attempt;
  return known({
    [NAMES.index]: index,
    [NAMES.outcome]: outcome,
    [NAMES.phase]: phase,
    [NAMES.status]: status,
    ...failureOf(attempt),
    [NAMES.responseModel]: reportedModel,
    [NAMES.responseId]: responseId,
    [NAMES.finishReasons]: finishReasons(attempt),
    [NAMES.firstChunk]: firstMs === undefined ? undefined : firstMs / 1_000,
    [NAMES.inputTokens]: usage.inputTokens,
    [NAMES.outputTokens]: usage.outputTokens,
    [NAMES.cachedTokens]: usage.cachedInputTokens,
    [NAMES.reasoningTokens]: usage.reasoningTokens,
  });
}

function failureOf({ outcome, code }: CallAttempt): Attributes {
  if (outcome === "failed") return { [NAMES.errorType]: code ?? "_OTHER" };
  return outcome === "skipped" && code !== undefined ? { [NAMES.errorType]: code } : {};
}

function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "exhausted";
}

function known(facts: Readonly<Record<string, Attributes[string] | undefined>>): Attributes {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
