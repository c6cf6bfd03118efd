export { type ContentAttributes, contentAttributes } from "./content.ts";
export { createTelemetry } from "./telemetry.ts";
export type { RecordedCall, TelemetryOptions } from "./telemetry-options.ts";
export { traceChannels } from "./trace-channels.ts";
