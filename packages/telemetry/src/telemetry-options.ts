import type { CallEnded, CallStarted } from "@fallthrough/registry";
import type { Attributes, MeterProvider, TracerProvider } from "@opentelemetry/api";

/** A call with its content, for a function that says what of it is recorded. */
export interface RecordedCall {
  /** What was asked. */
  readonly request: CallStarted["request"];
  /** What came. */
  readonly answer: CallEnded["answer"];
}

/** Where spans and metrics go, and what of the content. */
export interface TelemetryOptions {
  /** Makes the spans. @default the global one */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Makes the metrics. @default the global one */
  readonly meterProvider?: MeterProvider | undefined;
  /** Says what of the content is recorded, as attributes of the span of the call. @default nothing is */
  readonly record?: ((call: RecordedCall) => Attributes | undefined) | undefined;
}
