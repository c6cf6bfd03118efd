import { parseRegistry, type Registry } from "@fallthrough/registry";
import { Hono } from "hono";
import { CHAT_COMPLETIONS } from "./dialects/chat-completions/chat-completions.ts";
import { addChatCompletions } from "./dialects/chat-completions/routes.ts";
import { addMessages } from "./dialects/messages/routes.ts";
import { addOllama } from "./dialects/ollama/routes.ts";
import { type Connections, createConnections } from "./dialects/responses/connections.ts";
import { createResponses, createState, type ResponsesState } from "./dialects/responses/responses.ts";
import { addResponses } from "./dialects/responses/routes.ts";
import { failureAnswer } from "./failure-answer.ts";
import type { GatewayOptions, Resolved } from "./gateway-options.ts";
import { addHealth } from "./health-routes.ts";
import { addModels } from "./model-routes.ts";
import { adviseRoute } from "./nearest-route.ts";
import { addPage } from "./page/routes.ts";
import { Refusal } from "./refusal.ts";
import { type Application, createServing, type Environment, type Serving } from "./serving.ts";
import { createMonitor, type Monitor } from "./status/monitor.ts";
import { addStatus } from "./status/routes.ts";
import { toResponse } from "./web-exchange.ts";

/** The routes of a gateway, apart from the server that they run in. */
export interface Routes extends Connections {
  /** Answers one request. */
  readonly application: Application;
  /** Takes no more calls; resolves when none is in flight. */
  close(): Promise<void>;
  /** Resolves when no call is in flight. */
  idle(): Promise<void>;
}

/** Creates the routes of a gateway; @throws `config` for anything but a registry, and for a token that no client could send */
export function createRoutes(
  registry: Registry,
  options: Resolved<GatewayOptions>,
  state: ResponsesState = createState(options),
  monitor: Monitor = createMonitor(),
): Routes {
  const serving = createServing(parseRegistry(registry), options, monitor);
  const stopWatching = monitor.watch(registry);
  const responses = createResponses(state);
  const application: Application = new Hono<Environment>();
  addChatCompletions(application, serving);
  addResponses(application, serving, responses);
  addMessages(application, serving);
  addOllama(application, serving);
  addModels(application, serving);
  addHealth(application, serving);
  addPage(application, serving);
  addStatus(application, serving, options);
  addRest(application, serving);
  const { calls } = serving;
  return {
    ...createConnections(serving, responses),
    application,
    async close() {
      // whoever follows the events would keep the server open
      monitor.dismiss();
      await calls.close(options.graceMs);
      stopWatching();
    },
    async idle() {
      await calls.idle();
      stopWatching();
    },
  };
}

/** Adds the answer to whatever no route fits. */
function addRest(application: Application, { serve }: Serving): void {
  const known = application.routes.map(({ method, path }) => ({ method, path }));
  application
    // no route for every path, because one more that fits makes Hono compose them for each request
    .notFound(
      serve(
        ({ method, url, headers }) => {
          const isPreflight = method === "OPTIONS" && headers.get("access-control-request-method") !== null;
          if (isPreflight && headers.get("origin") !== null) return { status: 204, headers: {}, body: "" };
          throw new Refusal(404, adviseRoute(known, method, url), { code: "unknown_url" });
        },
        { isCall: true },
      ),
    )
    // an error that cannot even be sent has OpenAI's shape, too
    .onError((reason) => toResponse(failureAnswer(reason, CHAT_COMPLETIONS)));
}
