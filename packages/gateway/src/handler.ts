import type { Registry } from "@fallthrough/registry";
import { type AccessOptions, createAccess } from "./access.ts";
import { createCalls } from "./calls.ts";
import { complete, resolveModel } from "./complete.ts";
import { failureAnswer } from "./failure.ts";
import { type HttpAnswer, type HttpRequest, jsonAnswer } from "./http.ts";
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

/** The gateway, apart from the server that it stands in. */
export interface Handler {
  /** Answers one request; never rejects. */
  handle(request: HttpRequest): Promise<HttpAnswer>;
  /** Takes no more calls; resolves when none is in flight. */
  close(): Promise<void>;
}

const DEFAULTS = {
  maxCalls: 32,
  bodyBytes: 4 * 1024 * 1024,
  graceMs: 10_000,
  keepaliveMs: 15_000,
  writeMs: 60_000,
} as const;
const MODELS = "/v1/models";

/** Creates the handler of a registry; @throws `config` for a token that no client could send */
export function createHandler(registry: Registry, options: GatewayOptions): Handler {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const { maxCalls, bodyBytes, graceMs, keepaliveMs, writeMs } = { ...DEFAULTS, ...given };
  const access = createAccess(options);
  const calls = createCalls(maxCalls);

  function route(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
    access.checkOrigin(request);
    const method = request.method === "HEAD" ? "GET" : request.method;
    const path = pathOf(request.url);
    switch (`${method} ${path}`) {
      case "POST /v1/chat/completions":
        return completeChat(request);
      case "GET /healthz":
        return jsonAnswer({ status: "ok" });
      case "GET /readyz":
        return !calls.closing && isReady(registry)
          ? jsonAnswer({ status: "ready" })
          : jsonAnswer({ status: "unavailable" }, { status: 503 });
    }
    if (method !== "GET" || (path !== MODELS && !path.startsWith(`${MODELS}/`))) {
      throw new Refusal(404, `${request.method} on this path is unknown`, { code: "unknown_url" });
    }
    access.checkToken(request);
    const id = decode(path.slice(MODELS.length + 1));
    return jsonAnswer(id === "" ? { object: "list", data: listModels(registry) } : findModel(registry, id));
  }

  async function completeChat(request: HttpRequest): Promise<HttpAnswer> {
    access.checkToken(request);
    const call = calls.open(request.signal);
    try {
      const asked = parseRequest(await readBody(request, bodyBytes));
      return await complete(registry, asked, call, { keepaliveMs, writeMs });
    } catch (error) {
      call.end();
      throw error;
    }
  }

  return {
    async handle(request) {
      try {
        return await route(request);
      } catch (error) {
        return failureAnswer(error);
      }
    },
    close: () => calls.close(graceMs),
  };
}

function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}

/** What is malformed names nothing that exists. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isReady(registry: Registry): boolean {
  if (registry.providers().length === 0) return false;
  return registry.explain().some((step) => step.type === "candidate" && step.outcome === "asked");
}

function findModel(registry: Registry, id: string): object {
  const listed = listModels(registry).find((model) => model.id === id);
  if (listed !== undefined) return listed;
  // a provider that takes any name lists none
  const [candidate] = resolveModel(registry, id);
  return { id, object: "model", created: 0, owned_by: candidate?.provider.id };
}
