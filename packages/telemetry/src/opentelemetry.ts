import { ChatError } from "@fallthrough/registry";

/** OpenTelemetry's API, which the application installs. */
export type OpenTelemetry = typeof import("@opentelemetry/api");

/** The API of the application; @throws `config` where it has none */
export function requireApi(api: OpenTelemetry | undefined): OpenTelemetry {
  if (api !== undefined) return api;
  throw new ChatError(
    "config",
    "`@opentelemetry/api` is not installed, expected it beside `@fallthrough/telemetry`",
  );
}

/** The API of the application, where it is installed. */
export const API: OpenTelemetry | undefined = await import("@opentelemetry/api").catch(() => undefined);
