import type { IncomingMessage, ServerResponse } from "node:http";
import { estimateTokens } from "@fallthrough/core/internal";
import type { ExplainStep, Registry } from "@fallthrough/registry";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { type Caller, checkModel, createAccess } from "./access.ts";
import { answerCall, resolveModel } from "./answer-call.ts";
import { type OpenRecord, openRecord, requestIdOf } from "./call-record.ts";
import { createCalls, type OpenCall } from "./calls.ts";
import { CHAT_COMPLETIONS } from "./dialects/chat-completions/chat-completions.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { MESSAGES } from "./dialects/messages/messages.ts";
import { formatModel, formatModelPage } from "./dialects/messages/model-pages.ts";
import { readRequest as readMessagesRequest } from "./dialects/messages/read-request.ts";
import { formatRunning, formatShown, formatTags, formatVersion } from "./dialects/ollama/catalog.ts";
import { OLLAMA_CHAT, OLLAMA_GENERATE } from "./dialects/ollama/ollama.ts";
import { COMPLETIONS, EMBEDDINGS } from "./dialects/pass-through.ts";
import type { ResponseMemory } from "./dialects/responses/memory.ts";
import { createResponses, createState, type ResponsesState } from "./dialects/responses/responses.ts";
import { type HttpAnswer, type HttpRequest, jsonAnswer } from "./exchange-types.ts";
import { explainFailure, failureAnswer } from "./failure-answer.ts";
import type { GatewayOptions, Resolved } from "./gateway-options.ts";
import { listHealth, resetHealth } from "./health.ts";
import { listModels, type ModelObject } from "./models.ts";
import { adviseRoute } from "./nearest-route.ts";
import { openNodeExchange } from "./node-exchange.ts";
import { parseObject, parseText } from "./parse-fields.ts";
import { parseBody, readBody, readBodyText } from "./read-body.ts";
import { Refusal } from "./refusal.ts";
import { openWebExchange, toResponse } from "./web-exchange.ts";

/** On our own server Node's messages stand beside the platform's request. */
type Environment = { Bindings: Partial<HttpBindings> };

const REQUEST_ID = "x-request-id";

/** The routes of a gateway, apart from the server that they stand in. */
export interface Routes {
  /** Answers one request. */
  readonly application: Hono<Environment>;
  /** Lets a client open a WebSocket; throws a refusal */
  admit(request: HttpRequest): void;
  /** Answers one message of a client, in lines; a failure is a line too. */
  answerMessage(connection: Connection, message: Buffer): AsyncIterable<string>;
  /** Takes no more calls; resolves when none is in flight. */
  close(): Promise<void>;
  /** Resolves when no call is in flight. */
  idle(): Promise<void>;
}

/** A WebSocket of a client. */
export interface Connection {
  /** The request that opened it. */
  readonly request: HttpRequest;
  /** What was answered on it. */
  readonly memory: ResponseMemory;
}

const RESPONSES_PATH = "/v1/responses";

/** How a route is served. */
interface Serving {
  /** What its failures are written in. @default the one that the headers tell */
  readonly dialect?: Dialect;
  /** Whether `onCall` is told of it. */
  readonly isCall?: boolean;
}

type Route = (
  request: HttpRequest,
  record: OpenRecord,
  context: Context<Environment>,
) => HttpAnswer | Promise<HttpAnswer>;

/** Creates the routes of a gateway; @throws `config` for a token that no client could send */
export function createRoutes(
  registry: Registry,
  options: Resolved<GatewayOptions>,
  state: ResponsesState = createState(options),
): Routes {
  const { graceMs, onCall } = options;
  const access = createAccess(options);
  const calls = createCalls(options);
  const responses = createResponses(state);

  /** What Hono calls for a route; a failure is an answer too. */
  function serve(
    route: Route,
    { dialect: fixed, isCall = false }: Serving = {},
  ): (context: Context<Environment>) => Promise<Response> {
    return async (context) => {
      const { incoming, outgoing } = context.env ?? {};
      const onNode = incoming !== undefined && outgoing !== undefined;
      const { request, answer } = onNode
        ? openNodeExchange(incoming as IncomingMessage, outgoing as ServerResponse)
        : openWebExchange(context.req.raw);
      const dialect = fixed ?? dialectOf(request);
      const id = requestIdOf(request.headers.get(REQUEST_ID));
      const record = openRecord(id, `${request.method} ${context.req.path}`, isCall ? onCall : undefined);
      let answered: HttpAnswer;
      let allowed: Readonly<Record<string, string>> = {};
      try {
        allowed = access.checkOrigin(request);
        answered = await route(request, record, context);
      } catch (error) {
        answered = failureAnswer(error, dialect);
        record.code = explainFailure(error).code;
      }
      record.status = answered.status;
      // a stream ends its record when it ends
      if (typeof answered.body === "string") record.end();
      const { idHeader = REQUEST_ID } = dialect;
      const headers = { ...answered.headers, ...allowed, [REQUEST_ID]: id, [idHeader]: id };
      return answer({ ...answered, headers });
    };
  }

  /** The route of the calls of a dialect. */
  function serveCalls(dialect: Dialect): ReturnType<typeof serve> {
    return serve((request, record) => takeCall(dialect, request, record), { dialect, isCall: true });
  }

  function takeCall(dialect: Dialect, request: HttpRequest, record: OpenRecord): Promise<HttpAnswer> {
    const read = (call: OpenCall): Promise<string> => readBodyText(request, call, options);
    return answer(dialect, request, record, read);
  }

  /** Answers one call of a client; a failure before its answer is thrown. */
  async function answer(
    dialect: Dialect,
    request: Pick<HttpRequest, "headers" | "signal">,
    record: OpenRecord,
    read: (call: OpenCall) => Promise<string>,
  ): Promise<HttpAnswer> {
    const caller = access.checkToken(request);
    record.client = caller.name;
    const opened = calls.open(request.signal);
    const call = {
      ...opened,
      record,
      end() {
        opened.end();
        record.end();
      },
    };
    try {
      const text = await read(opened);
      const asked = dialect.readRequest(parseBody(text), caller, text);
      const { model } = asked.chat;
      record.model = model;
      checkModel(caller, model);
      if (asked.ready !== undefined) {
        await resolveModel(registry, model);
        opened.end();
        return jsonAnswer(asked.ready);
      }
      caller.count();
      opened.begin();
      return await answerCall(registry, dialect, asked, call, options);
    } catch (error) {
      opened.end();
      throw error;
    }
  }

  /** What Ollama's clients ask of one model; some give its name by an earlier field. */
  async function showModel(request: HttpRequest): Promise<HttpAnswer> {
    const caller = access.checkToken(request);
    const opened = calls.open(request.signal);
    try {
      const { model, name } = parseObject(await readBody(request, opened, options), "body");
      const asked = parseText(model ?? name, "model");
      checkModel(caller, asked);
      return jsonAnswer(formatShown(asked, await resolveModel(registry, asked)));
    } finally {
      opened.end();
    }
  }

  /** Nobody's tokenizer is asked: no provider says which one its model has. */
  async function countTokens(request: HttpRequest, record: OpenRecord): Promise<HttpAnswer> {
    const caller = access.checkToken(request);
    record.client = caller.name;
    const opened = calls.open(request.signal);
    try {
      const { chat } = readMessagesRequest(await readBody(request, opened, options));
      record.model = chat.model;
      checkModel(caller, chat.model);
      await resolveModel(registry, chat.model);
      return jsonAnswer({ input_tokens: estimateTokens(chat) });
    } finally {
      opened.end();
    }
  }

  async function* answerMessage(
    { request, memory }: Connection,
    message: Buffer,
  ): AsyncGenerator<string, void> {
    const dialect = responses.onConnection(memory);
    const record = openRecord(requestIdOf(null), `WebSocket ${RESPONSES_PATH}`, onCall);
    const read = async (call: OpenCall): Promise<string> => {
      call.hold(message.byteLength);
      return message.toString();
    };
    try {
      const { body } = await answer(dialect, request, record, read);
      yield* body;
    } catch (error) {
      const failure = explainFailure(error);
      record.status = failure.status;
      record.code = failure.code;
      record.end();
      yield `${JSON.stringify(dialect.formatError(failure))}\n`;
    }
  }

  const application = new Hono<Environment>()
    .get(
      "/healthz",
      serve(() => jsonAnswer({ status: "ok" })),
    )
    .get(
      "/readyz",
      serve(async () => {
        const reasons = calls.closing
          ? [{ reason: "the gateway is shutting down" }]
          : await unreadiness(registry);
        if (reasons === undefined) return jsonAnswer({ status: "ready" });
        return jsonAnswer({ status: "unavailable", reasons }, { status: 503 });
      }),
    )
    .get(
      "/v1/models",
      serve(async (request) => {
        const caller = access.checkToken(request);
        const models = (await listModels(registry, request.signal)).filter(({ id }) => mayAsk(caller, id));
        if (dialectOf(request) !== MESSAGES) return jsonAnswer({ object: "list", data: models });
        return jsonAnswer(formatModelPage(models, new URL(request.url).searchParams));
      }),
    )
    .get(
      "/v1/models/:id{.+}",
      serve(async (request, _, context) => {
        const caller = access.checkToken(request);
        const id = context.req.param("id") ?? "";
        checkModel(caller, id);
        const model = await findModel(registry, id, request.signal);
        return jsonAnswer(dialectOf(request) === MESSAGES ? formatModel(model) : model);
      }),
    )
    .get(
      "/v1/health",
      serve(async (request) =>
        jsonAnswer({ object: "list", data: await listHealth(registry, access.checkToken(request)) }),
      ),
    )
    .delete(
      "/v1/health",
      serve(async (request) => {
        const provider = new URL(request.url).searchParams.get("provider");
        await resetHealth(registry, access.checkToken(request), provider);
        return jsonAnswer({ object: "health", id: provider ?? "all", deleted: true });
      }),
    )
    .post("/v1/chat/completions", serveCalls(CHAT_COMPLETIONS))
    .post("/v1/embeddings", serveCalls(EMBEDDINGS))
    .post("/v1/completions", serveCalls(COMPLETIONS))
    .post(RESPONSES_PATH, serveCalls(responses.create))
    .post(`${RESPONSES_PATH}/compact`, serveCalls(responses.compact))
    .post("/v1/messages", serveCalls(MESSAGES))
    .post("/v1/messages/count_tokens", serve(countTokens, { dialect: MESSAGES, isCall: true }))
    .post("/api/chat", serveCalls(OLLAMA_CHAT))
    .post("/api/generate", serveCalls(OLLAMA_GENERATE))
    .post("/api/show", serve(showModel, { dialect: OLLAMA_CHAT }))
    .get(
      "/api/tags",
      serve(
        async (request) => {
          const caller = access.checkToken(request);
          return jsonAnswer(await formatTags(registry, (name) => mayAsk(caller, name), request.signal));
        },
        { dialect: OLLAMA_CHAT },
      ),
    )
    .get(
      "/api/ps",
      serve(
        (request) => {
          access.checkToken(request);
          return jsonAnswer(formatRunning());
        },
        { dialect: OLLAMA_CHAT },
      ),
    )
    // by these two programs find out whether a server is here
    .get(
      "/api/version",
      serve(() => jsonAnswer(formatVersion())),
    )
    .get(
      "/",
      serve(() => ({ status: 200, headers: { "content-type": "text/plain" }, body: "Ollama is running" })),
    )
    // no route for every path, because one more that fits makes Hono compose them for each request
    .notFound(
      serve(
        ({ method, url, headers }) => {
          const isPreflight = method === "OPTIONS" && headers.get("access-control-request-method") !== null;
          if (isPreflight && headers.get("origin") !== null) return { status: 204, headers: {}, body: "" };
          throw new Refusal(404, adviseRoute(method, url), { code: "unknown_url" });
        },
        { isCall: true },
      ),
    )
    // what cannot even be sent is told in OpenAI's shape too
    .onError((reason) => toResponse(failureAnswer(reason, CHAT_COMPLETIONS)));

  return {
    application,
    admit(request) {
      access.checkOrigin(request);
      access.checkToken(request);
      if (new URL(request.url).pathname === RESPONSES_PATH) return;
      throw new Refusal(404, `no WebSocket is on this path, expected ${RESPONSES_PATH}`, {
        code: "unknown_url",
      });
    },
    answerMessage,
    close: () => calls.close(graceMs),
    idle: calls.idle,
  };
}

/** What a client speaks where its path is not one of a dialect: every client of Anthropic names a version of its API. */
function dialectOf({ url, headers }: HttpRequest): Dialect {
  if (headers.get("anthropic-version") !== null) return MESSAGES;
  return new URL(url).pathname.startsWith("/api/") ? OLLAMA_CHAT : CHAT_COMPLETIONS;
}

/** Why nobody could be asked now; `undefined` where somebody could. */
async function unreadiness(registry: Registry): Promise<readonly object[] | undefined> {
  if (registry.providers().length === 0) return [{ reason: "no provider is installed" }];
  const steps = await registry.explain();
  const candidates = steps.filter((step) => step.type === "candidate");
  if (candidates.some(isWell)) return undefined;
  return candidates.map(({ provider, model, code, reason }) => ({ provider, model, code, reason }));
}

/** One that is asked only because all others are worse has the reason against it beside. */
function isWell(step: ExplainStep & { readonly type: "candidate" }): boolean {
  return step.outcome === "asked" && step.code === undefined;
}

function mayAsk({ models }: Caller, name: string): boolean {
  return models === undefined || models.includes(name);
}

async function findModel(registry: Registry, id: string, signal: AbortSignal): Promise<ModelObject> {
  const listed = (await listModels(registry, signal)).find((model) => model.id === id);
  if (listed !== undefined) return listed;
  // a provider that takes any name lists none
  const [candidate] = await resolveModel(registry, id);
  return { id, object: "model", created: 0, owned_by: candidate?.provider.id ?? "" };
}
