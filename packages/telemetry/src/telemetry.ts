import type { CallListener, CallStarted, OnCall } from "@fallthrough/registry";
import { createInstruments } from "./instruments.ts";
import { API, requireApi } from "./opentelemetry.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";
import { traceCall } from "./trace-call.ts";

const SCOPE = "@fallthrough/telemetry";

/**
 * A listener for `createRegistry({ onCall })`, which makes a span of each call with one below it for each attempt, and
 * counts times and tokens, by OpenTelemetry's conventions for generative AI.
 *
 * @throws `config` where `@opentelemetry/api` is not installed
 */
export function createTelemetry(options: TelemetryOptions = {}): OnCall {
  const api = requireApi(API);
  const { tracerProvider = api.trace, meterProvider = api.metrics, record } = options;
  const tracer = tracerProvider.getTracer(SCOPE);
  const instruments = createInstruments(meterProvider.getMeter(SCOPE));
  return (call: CallStarted): CallListener => traceCall({ api, tracer, instruments, record }, call);
}
