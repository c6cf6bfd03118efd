import type { IncomingMessage, ServerResponse } from "node:http";
import type { Registry } from "@fallthrough/registry";
import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import { type Access, type Caller, checkModel, createAccess } from "./access.ts";
import { answerCall, resolveModel } from "./answer-call.ts";
import { type CallRecord, type OpenRecord, openRecord, requestIdOf, shownName } from "./call-record.ts";
import { type Calls, createCalls, type OpenCall } from "./calls.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { dialectOf } from "./dialects/dialect-of.ts";
import { type HttpAnswer, type HttpRequest, jsonAnswer } from "./exchange-types.ts";
import { failureAnswer } from "./failure-answer.ts";
import type { GatewayOptions, Resolved } from "./gateway-options.ts";
import { openNodeExchange } from "./node-exchange.ts";
import { parseBody, readBody, readBodyText } from "./read-body.ts";
import type { Monitor } from "./status/monitor.ts";
import { openWebExchange } from "./web-exchange.ts";

/** On our own server Node's messages come with the platform's request. */
export interface Environment {
  /** Node's messages. */
  readonly Bindings: Partial<HttpBindings>;
}

/** What routes are added to. */
export type Application = Hono<Environment>;

/** Answers one request; what it throws becomes an error in the dialect of the route. */
type Route = (
  request: HttpRequest,
  record: OpenRecord,
  context: Context<Environment>,
) => HttpAnswer | Promise<HttpAnswer>;

/** What Hono calls for a route. */
export type Handler = (context: Context<Environment>) => Promise<Response>;

/** How a route is served. */
interface RouteForm {
  /** What its failures are written in. @default the one that the headers tell */
  readonly dialect?: Dialect;
  /** Whether `onCall` learns of it. */
  readonly isCall?: boolean;
}

/** A body that a client sent, and who it is. */
interface SentBody {
  /** The JSON value. */
  readonly body: unknown;
  /** Who sent it. */
  readonly caller: Caller;
  /** What is logged about the request. */
  readonly record: OpenRecord;
}

/** What the folders of routes are served with. */
export interface Serving {
  /** Whom the calls are for. */
  readonly registry: Registry;
  /** Who may come in. */
  readonly access: Access;
  /** The calls in flight. */
  readonly calls: Calls;
  /** Sees what the calls come to. */
  readonly monitor: Monitor;
  /** The record of a request that begins, for monitor and operator. */
  record(id: string, route: string): OpenRecord;
  /** A route that needs no body. */
  serve(route: Route, form?: RouteForm): Handler;
  /** A route that is answered from a body without asking a provider. */
  serveBody(answer: (sent: SentBody) => HttpAnswer | Promise<HttpAnswer>, form?: RouteForm): Handler;
  /** The calls of a dialect. */
  serveCalls(dialect: Dialect): Handler;
  /** Answers one call whose body `read` gives; a failure before its answer is thrown. */
  answer(
    dialect: Dialect,
    request: Pick<HttpRequest, "headers" | "signal">,
    record: OpenRecord,
    read: (call: OpenCall) => Promise<string>,
  ): Promise<HttpAnswer>;
}

const REQUEST_ID = "x-request-id";

/** Creates what routes are served with; @throws `config` for a token that no client could send */
export function createServing(
  registry: Registry,
  options: Resolved<GatewayOptions>,
  monitor: Monitor,
): Serving {
  const { onCall, onWaiting } = options;
  const access = createAccess(options);
  const calls = createCalls(options);

  function record(id: string, route: string): OpenRecord {
    const tell = (told: CallRecord, open: OpenRecord): void => {
      monitor.ended(told, open);
      onCall?.(told);
    };
    return openRecord(id, route, tell, onWaiting);
  }

  /** A failure is an answer too. */
  function serve(route: Route, { dialect: fixed, isCall = false }: RouteForm = {}): Handler {
    return async (context) => {
      const { incoming, outgoing } = context.env ?? {};
      const onNode = incoming !== undefined && outgoing !== undefined;
      const { request, answer } = onNode
        ? openNodeExchange(incoming as IncomingMessage, outgoing as ServerResponse)
        : openWebExchange(context.req.raw);
      const dialect = fixed ?? dialectOf(request);
      const id = requestIdOf(request.headers.get(REQUEST_ID));
      const name = `${request.method} ${context.req.path}`;
      const noted = isCall ? record(id, name) : openRecord(id, name, undefined);
      let answered: HttpAnswer;
      let allowed: Readonly<Record<string, string>> = {};
      try {
        allowed = access.checkOrigin(request);
        answered = await route(request, noted, context);
      } catch (error) {
        answered = failureAnswer(error, dialect);
        noted.failed(error);
      }
      noted.status = answered.status;
      // a stream ends its record when it ends
      if (typeof answered.body === "string") noted.end();
      const { idHeader = REQUEST_ID } = dialect;
      const headers = { ...answered.headers, ...allowed, [REQUEST_ID]: id, [idHeader]: id };
      return answer({ ...answered, headers });
    };
  }

  async function answer(
    dialect: Dialect,
    request: Pick<HttpRequest, "headers" | "signal">,
    record: OpenRecord,
    read: (call: OpenCall) => Promise<string>,
  ): Promise<HttpAnswer> {
    const caller = access.checkToken(request);
    record.client = caller.name;
    const opened = calls.open(request.signal);
    monitor.calls.link(opened.signal, record);
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
      record.read();
      const asked = dialect.readRequest(parseBody(text), caller, text);
      const { model } = asked.chat;
      record.model = shownName(model);
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

  return {
    registry,
    access,
    calls,
    monitor,
    record,
    serve,
    answer,

    serveBody(answerBody, form) {
      return serve(async (request, record) => {
        const caller = access.checkToken(request);
        record.client = caller.name;
        const opened = calls.open(request.signal);
        try {
          return await answerBody({ body: await readBody(request, opened, options), caller, record });
        } finally {
          opened.end();
        }
      }, form);
    },

    serveCalls(dialect) {
      const route: Route = (request, record) =>
        answer(dialect, request, record, (call) => readBodyText(request, call, options));
      return serve(route, { dialect, isCall: true });
    },
  };
}
