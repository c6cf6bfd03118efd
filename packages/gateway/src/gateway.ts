import type { Registry } from "@fallthrough/registry";
import { type GatewayOptions, resolveOptions } from "./gateway-options.ts";
import { createRoutes } from "./routes.ts";

/** An OpenAI-compatible handler in front of a registry. */
export interface Gateway {
  /** Answers one request; never rejects. */
  fetch(request: Request): Promise<Response>;
  /** Takes no more calls; resolves when none is in flight. Leaves the registry open. */
  close(): Promise<void>;
}

/**
 * Creates a handler of HTTP requests that speaks the OpenAI API.
 *
 * @throws `config` for anything but a registry, and for an option that is unknown or wrong
 * @example
 * const gateway = createGateway(registry);
 * const response = await gateway.fetch(new Request("http://127.0.0.1/v1/models"));
 */
export function createGateway(registry: Registry, options: GatewayOptions = {}): Gateway {
  const { application, close } = createRoutes(registry, resolveOptions(options));
  return { fetch: async (request) => application.fetch(request), close };
}
