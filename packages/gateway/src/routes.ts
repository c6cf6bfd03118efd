import type { IncomingMessage, ServerResponse } from "node:http";
import type { Registry } from "@fallthrough/registry";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { createAccess } from "./access.ts";
import { complete, resolveModel } from "./answer-call.ts";
import { createCalls } from "./calls.ts";
import { readRequest } from "./dialects/chat-completions/read-request.ts";
import { type HttpAnswer, type HttpRequest, jsonAnswer } from "./exchange-types.ts";
import { failureAnswer } from "./failure-answer.ts";
import type { GatewayOptions, Resolved } from "./gateway-options.ts";
import { listModels } from "./models.ts";
import { openNodeExchange } from "./node-exchange.ts";
import { readBody } from "./read-body.ts";
import { Refusal } from "./refusal.ts";
import { openWebExchange, toResponse } from "./web-exchange.ts";

/** On our own server Node's messages stand beside the platform's request. */
type Environment = { Bindings: Partial<HttpBindings> };

/** The routes of a gateway, apart from the server that they stand in. */
export interface Routes {
  /** Answers one request. */
  readonly application: Hono<Environment>;
  /** Takes no more calls; resolves when none is in flight. */
  close(): Promise<void>;
}

type Route = (request: HttpRequest, id: string) => HttpAnswer | Promise<HttpAnswer>;

/** Creates the routes of a gateway; @throws `config` for a token that no client could send */
export function createRoutes(registry: Registry, options: Resolved<GatewayOptions>): Routes {
  const { maxCalls, bodyBytes, graceMs, keepaliveMs, writeMs } = options;
  const access = createAccess(options);
  const calls = createCalls(maxCalls);

  /** What Hono calls for a route; a failure is an answer too. */
  function serve(route: Route): (context: Context<Environment>) => Promise<Response> {
    return async (context) => {
      const { incoming, outgoing } = context.env ?? {};
      const onNode = incoming !== undefined && outgoing !== undefined;
      const { request, answer } = onNode
        ? openNodeExchange(incoming as IncomingMessage, outgoing as ServerResponse)
        : openWebExchange(context.req.raw);
      let answered: HttpAnswer;
      try {
        access.checkOrigin(request);
        answered = await route(request, context.req.param("id") ?? "");
      } catch (error) {
        answered = failureAnswer(error);
      }
      return answer(answered);
    };
  }

  async function completeChat(request: HttpRequest): Promise<HttpAnswer> {
    access.checkToken(request);
    const call = calls.open(request.signal);
    try {
      const asked = readRequest(await readBody(request, bodyBytes));
      return await complete(registry, asked, call, { keepaliveMs, writeMs });
    } catch (error) {
      call.end();
      throw error;
    }
  }

  const application = new Hono<Environment>()
    .get(
      "/healthz",
      serve(() => jsonAnswer({ status: "ok" })),
    )
    .get(
      "/readyz",
      serve(() =>
        !calls.closing && isReady(registry)
          ? jsonAnswer({ status: "ready" })
          : jsonAnswer({ status: "unavailable" }, { status: 503 }),
      ),
    )
    .get(
      "/v1/models",
      serve((request) => {
        access.checkToken(request);
        return jsonAnswer({ object: "list", data: listModels(registry) });
      }),
    )
    .get(
      "/v1/models/:id{.+}",
      serve((request, id) => {
        access.checkToken(request);
        return jsonAnswer(findModel(registry, id));
      }),
    )
    .post("/v1/chat/completions", serve(completeChat))
    // no route for every path, because one more that fits makes Hono compose them for each request
    .notFound(
      serve(({ method }) => {
        throw new Refusal(404, `${method} on this path is unknown`, { code: "unknown_url" });
      }),
    )
    // what cannot even be sent is told in OpenAI's shape too
    .onError((reason) => toResponse(failureAnswer(reason)));

  return { application, close: () => calls.close(graceMs) };
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
