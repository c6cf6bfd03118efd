import { objectOf, parseFunction, parseInput, wrongValue } from "@fallthrough/core/internal";
import type { CallListener, CallStarted, OnCall } from "@fallthrough/registry";
import type { MeterProvider, TracerProvider } from "@opentelemetry/api";
import { createInstruments } from "./instruments.ts";
import { API, requireApi } from "./opentelemetry.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";
import { traceCall } from "./trace-call.ts";

const SCOPE = "@fallthrough/telemetry";
const OPTIONS = { code: "config", whole: "the options of the telemetry", field: "option" } as const;
const parseOptions = objectOf<TelemetryOptions>({
  tracerProvider: withMethod<TracerProvider>("getTracer"),
  meterProvider: withMethod<MeterProvider>("getMeter"),
  record: parseFunction,
});

/** An object of OpenTelemetry, as it is, known by one of its methods. */
function withMethod<Provider>(name: keyof Provider & string): (value: unknown) => Provider {
  return (value) => {
    if (typeof (value as Provider | null)?.[name] === "function") return value as Provider;
    throw wrongValue(value, `an object with the method \`${name}\``);
  };
}

/**
 * A listener for `createRegistry({ onCall })`, which makes a span of each call with one below it for each attempt, and
 * counts times and tokens, by OpenTelemetry's conventions for generative AI.
 *
 * @throws `config` for an option that is unknown or wrong, and where `@opentelemetry/api` is not installed
 */
export function createTelemetry(options: TelemetryOptions = {}): OnCall {
  const api = requireApi(API);
  const parsed = parseInput(options, parseOptions, OPTIONS);
  const { tracerProvider = api.trace, meterProvider = api.metrics, record } = parsed;
  const tracer = tracerProvider.getTracer(SCOPE);
  const instruments = createInstruments(meterProvider.getMeter(SCOPE));
  return (call: CallStarted): CallListener => traceCall({ api, tracer, instruments, record }, call);
}
