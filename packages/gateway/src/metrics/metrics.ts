import type { CallAttempt, CandidateStep } from "@fallthrough/registry";
import type { CallRecord } from "../call-record.ts";
import { faultOf } from "../status/fault-domain.ts";
import { createCounter, createHistogram, formatGauge, type Labels } from "./text-form.ts";

/** What a gateway measures; the number of its series is bounded. */
export interface Metrics {
  /** Measures an attempt. */
  attempt(attempt: CallAttempt): void;
  /** Measures a request that has ended. */
  request(record: CallRecord): void;
  /** Measures the milliseconds of a request in which neither its client nor a provider was waited for. */
  overhead(ms: number): void;
  /** All of it in Prometheus' text form, with how the candidates are now. */
  format(now: MetricsNow): string;
}

/** What is not counted, but as it is now. */
interface MetricsNow {
  /** The candidates. */
  readonly candidates: readonly CandidateStep[];
  /** Calls in flight. */
  readonly running: number;
}

/** Pairs of provider and model that have series of their own; all others share one. */
const MOST_PAIRS = 100;
const LONGEST_LABEL = 100;
const OTHER = "other";
const STATES: readonly CandidateStep["state"][] = ["well", "suspect", "cooling", "probing", "refused"];
/** Seconds, as the conventions of OpenTelemetry for calls of models have them. */
const CALL_SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const OVERHEAD_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5,
];
const KNOWN_ROUTES: readonly string[] = [
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/embeddings",
  "/v1/responses",
  "/v1/messages",
  "/api/chat",
  "/api/generate",
];

/** Metrics that begin at zero. */
export function createMetrics(): Metrics {
  const requests = createCounter(
    "fallthrough_requests_total",
    "Requests that have ended, by path and HTTP status.",
  );
  const requestErrors = createCounter(
    "fallthrough_request_errors_total",
    "Requests that failed, by whose fault it is and by type.",
  );
  const attempts = createCounter("fallthrough_attempts_total", "Attempts at a candidate, by how they ended.");
  const attemptErrors = createCounter(
    "fallthrough_attempt_errors_total",
    "Attempts that failed, by whose fault it is and by type.",
  );
  const duration = createHistogram(
    "fallthrough_attempt_duration_seconds",
    "Time from the start of an attempt to its end.",
    CALL_SECONDS,
  );
  const first = createHistogram(
    "fallthrough_attempt_first_content_seconds",
    "Time from the start of an attempt to its first content.",
    CALL_SECONDS,
  );
  const tokens = createCounter("fallthrough_tokens_total", "Tokens that providers counted, by kind.");
  const overhead = createHistogram(
    "fallthrough_overhead_seconds",
    "Time of a request in which neither its client nor a provider was waited for.",
    OVERHEAD_SECONDS,
  );
  const families = [requests, requestErrors, attempts, attemptErrors, duration, first, tokens, overhead];
  const pairs = new Set<string>();

  /** The labels of a candidate, as long as there is room for more. */
  function labelsOf({ provider, model = "" }: Pick<CallAttempt, "provider" | "model">): Labels {
    const labels = { provider: provider.slice(0, LONGEST_LABEL), model: model.slice(0, LONGEST_LABEL) };
    const key = JSON.stringify(labels);
    if (!pairs.has(key)) {
      if (pairs.size >= MOST_PAIRS) return { provider: OTHER, model: OTHER };
      pairs.add(key);
    }
    return labels;
  }

  return {
    attempt(attempt) {
      const { outcome, code, durationMs, firstMs, usage = {} } = attempt;
      const labels = labelsOf(attempt);
      attempts.add({ ...labels, outcome });
      if (outcome === "failed") attemptErrors.add({ ...labels, ...faultOf(code) });
      if (outcome === "skipped") return;
      duration.observe(labels, durationMs / 1000);
      if (firstMs !== undefined) first.observe(labels, firstMs / 1000);
      const kinds = [
        ["input", usage.inputTokens],
        ["output", usage.outputTokens],
        ["cached_input", usage.cachedInputTokens],
        ["reasoning", usage.reasoningTokens],
      ] as const;
      for (const [kind, count] of kinds) if (count !== undefined) tokens.add({ ...labels, kind }, count);
    },

    request({ route, status, code }) {
      const [, path = ""] = route.split(" ");
      const known = KNOWN_ROUTES.find((one) => path === one || path.startsWith(`${one}/`)) ?? OTHER;
      requests.add({ route: known, status: `${status}` });
      if (code !== undefined) requestErrors.add({ route: known, ...faultOf(code) });
    },

    overhead: (ms) => overhead.observe({}, ms / 1000),

    format({ candidates, running }) {
      const shown = candidates.slice(0, MOST_PAIRS);
      const states = shown.flatMap((one) =>
        STATES.map((state) => [{ ...candidateLabels(one), state }, Number(one.state === state)] as const),
      );
      const reasons = shown.flatMap((one) =>
        one.state === "well" || one.code === undefined
          ? []
          : [[{ ...candidateLabels(one), ...faultOf(one.code) }, 1] as const],
      );
      const limits = shown.flatMap((one) =>
        (one.limits ?? []).map(({ unit, window = "", left, limit }) => {
          return { labels: { ...candidateLabels(one), unit, window }, left, limit };
        }),
      );
      const sizes = limits.flatMap(({ labels, limit }) =>
        limit === undefined ? [] : [[labels, limit] as const],
      );
      const lines = [
        ...families.flatMap((family) => family.lines()),
        ...formatGauge("fallthrough_calls_in_flight", "Calls in flight now.", [[{}, running]]),
        ...formatGauge(
          "fallthrough_candidate_state",
          "1 for the state that a candidate is in, 0 for the others.",
          states,
        ),
        ...formatGauge(
          "fallthrough_candidate_reason",
          "1 for the failure behind the state of a candidate that is not well.",
          reasons,
        ),
        ...formatGauge(
          "fallthrough_limit_left",
          "What is left of a limit of a candidate's key and model.",
          limits.map(({ labels, left }) => [labels, left]),
        ),
        ...formatGauge(
          "fallthrough_limit_size",
          "How much a limit of a candidate's key and model takes.",
          sizes,
        ),
      ];
      return `${lines.join("\n")}\n`;
    },
  };
}

/** The labels of one candidate; `key` is there where its provider has several. */
function candidateLabels({ provider, model = "", key }: CandidateStep): Labels {
  const labels = { provider: provider.slice(0, LONGEST_LABEL), model: model.slice(0, LONGEST_LABEL) };
  return key === undefined ? labels : { ...labels, key: `${key.position}` };
}
