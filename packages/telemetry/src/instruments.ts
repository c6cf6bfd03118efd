import type { CallAttempt, CallEnded } from "@fallthrough/registry";
import type { Attributes, Meter } from "@opentelemetry/api";

/** What is measured. */
export interface Instruments {
  /** Measures an attempt. */
  attempt(attempt: CallAttempt, attributes: Attributes): void;
  /** Measures a call. */
  call(ended: CallEnded, attributes: Attributes): void;
}

/** Seconds, as the conventions have them. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const OVERHEAD_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5,
];

/** The instruments of a meter. */
export function createInstruments(meter: Meter): Instruments {
  const seconds = (name: string, description: string, explicitBucketBoundaries: number[] = SECONDS) =>
    meter.createHistogram(name, { description, unit: "s", advice: { explicitBucketBoundaries } });
  const tokens = (kind: string, description: string) =>
    meter.createCounter(`gen_ai.client.inference.usage.${kind}`, { description, unit: "{token}" });

  const duration = seconds("gen_ai.client.inference.duration", "Duration of an attempt.");
  const first = seconds(
    "gen_ai.client.inference.time_to_first_chunk",
    "Time from the start of an attempt to its first content.",
  );
  const overhead = seconds(
    "fallthrough.call.overhead",
    "Time of a call in which no provider was asked.",
    OVERHEAD_SECONDS,
  );
  const input = tokens("input_tokens", "Tokens of requests.");
  const output = tokens("output_tokens", "Tokens of answers.");
  const cached = tokens(
    "cache_read.input_tokens",
    "Tokens of requests that the provider read from its cache.",
  );
  const reasoning = tokens("reasoning.output_tokens", "Tokens of reasoning.");

  return {
    attempt({ durationMs, firstMs, usage = {} }, attributes) {
      duration.record(durationMs / 1_000, attributes);
      if (firstMs !== undefined) first.record(firstMs / 1_000, attributes);
      const counts = [
        [input, usage.inputTokens],
        [output, usage.outputTokens],
        [cached, usage.cachedInputTokens],
        [reasoning, usage.reasoningTokens],
      ] as const;
      for (const [counter, count] of counts) if (count !== undefined) counter.add(count, attributes);
    },
    call({ durationMs, askedMs }, attributes) {
      overhead.record(Math.max(0, durationMs - askedMs) / 1_000, attributes);
    },
  };
}
