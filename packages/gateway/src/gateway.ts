import type { Registry } from "@fallthrough/registry";
import { type Context, Hono } from "hono";
import { type AccessOptions, createAccess } from "./access.ts";
import { createCalls } from "./calls.ts";
import { complete, resolveModel } from "./complete.ts";
import { failureResponse } from "./failure.ts";
import { listModels } from "./models.ts";
import { parseRequest } from "./parse-request.ts";
import { readBody } from "./read-body.ts";
import { Refusal } from "./refusal.ts";
import type { StreamTimers } from "./stream-body.ts";

/** How a gateway serves; nothing in it is a client's to say. */
export interface GatewayOptions extends AccessOptions, Partial<StreamTimers> {
  /** Calls in flight at once; one more is refused. @default 32 */
  readonly maxCalls?: number | undefined;
  /** Bytes of a body. @default 4 MiB */
  readonly bodyBytes?: number | undefined;
  /** Milliseconds that calls in flight are given when the gateway closes. @default 10_000 */
  readonly graceMs?: number | undefined;
}

/** An OpenAI-compatible handler in front of a registry. */
export interface Gateway {
  /** Answers one request; never rejects. */
  fetch(request: Request): Promise<Response>;
  /** Takes no more calls; resolves when none is in flight. Leaves the registry open. */
  close(): Promise<void>;
}

const DEFAULTS = {
  maxCalls: 32,
  bodyBytes: 4 * 1024 * 1024,
  graceMs: 10_000,
  keepaliveMs: 15_000,
  writeMs: 60_000,
} as const;

/**
 * Creates a handler of HTTP requests that speaks the OpenAI API.
 *
 * @throws `config` for a token that no client could send
 * @example
 * const gateway = createGateway(registry);
 * const response = await gateway.fetch(new Request("http://127.0.0.1/v1/models"));
 */
export function createGateway(registry: Registry, options: GatewayOptions = {}): Gateway {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const { maxCalls, bodyBytes, graceMs, keepaliveMs, writeMs } = { ...DEFAULTS, ...given };
  const access = createAccess(options);
  const calls = createCalls(maxCalls);
  const application = new Hono();

  application.get("/healthz", ({ json }) => json({ status: "ok" }));
  application.get("/readyz", ({ json }) => {
    const ready = !calls.closing && isReady(registry);
    return json({ status: ready ? "ready" : "unavailable" }, ready ? 200 : 503);
  });
  application.get("/v1/models", (context) => {
    access.checkToken(context.req.raw);
    return context.json({ object: "list", data: listModels(registry) });
  });
  application.get("/v1/models/:id{.+}", (context) => {
    access.checkToken(context.req.raw);
    return context.json(findModel(registry, context));
  });
  application.post("/v1/chat/completions", async ({ req: { raw } }) => {
    access.checkToken(raw);
    const call = calls.open(raw.signal);
    try {
      const request = parseRequest(await readBody(raw, bodyBytes));
      return await complete(registry, request, call, { keepaliveMs, writeMs });
    } catch (error) {
      call.end();
      throw error;
    }
  });
  application.notFound(({ req }) =>
    failureResponse(new Refusal(404, `${req.method} on this path is unknown`, { code: "unknown_url" })),
  );
  application.onError(failureResponse);

  return {
    async fetch(request) {
      try {
        access.checkOrigin(request);
      } catch (error) {
        return failureResponse(error);
      }
      return application.fetch(request);
    },
    close: () => calls.close(graceMs),
  };
}

function isReady(registry: Registry): boolean {
  if (registry.providers().length === 0) return false;
  return registry.explain().some((step) => step.type === "candidate" && step.outcome === "asked");
}

function findModel(registry: Registry, { req }: Context): object {
  const id = req.param("id") ?? "";
  const listed = listModels(registry).find((model) => model.id === id);
  if (listed !== undefined) return listed;
  // a provider that takes any name lists none
  const [candidate] = resolveModel(registry, id);
  return { id, object: "model", created: 0, owned_by: candidate?.provider.id };
}
