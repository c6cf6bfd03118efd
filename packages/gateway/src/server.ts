import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, isIP, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ChatError } from "@fallthrough/core";
import { isLoopback } from "@fallthrough/core/internal";
import { quote } from "@fallthrough/core/provider";
import type { Registry } from "@fallthrough/registry";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { CHAT_COMPLETIONS } from "./dialects/chat-completions/chat-completions.ts";
import { createState } from "./dialects/responses/responses.ts";
import { failureAnswer } from "./failure-answer.ts";
import {
  type GatewayOptions,
  type GatewayServerOptions,
  type Resolved,
  resolveOptions,
  resolveServerOptions,
} from "./gateway-options.ts";
import {
  isWellFormed,
  refuseRequest,
  refuseSocket,
  refuseUpgrade,
  serveWithoutUpgrade,
} from "./malformed.ts";
import { Refusal } from "./refusal.ts";
import { createRoutes, type Routes } from "./routes.ts";
import { createMonitor } from "./status/monitor.ts";
import { timerMs } from "./timers.ts";
import { toResponse } from "./web-exchange.ts";
import { createWebSockets } from "./web-sockets.ts";

/** A gateway that listens. */
export interface RunningGateway {
  /** What clients take as their base URL. */
  readonly baseURL: string;
  /** The port that it listens on. */
  readonly port: number;
  /**
   * Answers every further call from this registry and with these options; the address stays. Resolves when the calls of
   * the registry before have ended, so that it can be closed.
   *
   * @throws `config` for an option that is unknown or wrong; everything stays as it was
   */
  replace(registry: Registry, options?: GatewayOptions): Promise<void>;
  /** Takes no more calls, gives those in flight their time, and closes every connection. */
  close(): Promise<void>;
}

const HEADERS_MS = 10_000;
/** A whole request; a body that stops is ended sooner, by the timer of bodies. */
const REQUEST_MS = 300_000;
const CHECK_MS = 1_000;
/** Connections that the system may hold until they are taken; Node.js says 511, and one more waits for seconds or is reset. */
const BACKLOG = 4_096;
/** How long the last bytes may take on their way to clients when the server closes. */
const FLUSH_MS = 500;
const WILDCARDS: readonly string[] = ["0.0.0.0", "::"];
const PROBLEMS: ReadonlyMap<unknown, string> = new Map([
  ["EADDRINUSE", "is taken, expected a free port"],
  ["EACCES", "may not be used, expected a port from 1024"],
  ["EADDRNOTAVAIL", "is not an address of this machine"],
  ["ENOTFOUND", "is not an address of this machine"],
  ["EAI_AGAIN", "is not an address of this machine"],
]);

/** Starts a gateway on a port; @throws `config` for an option that is unknown or wrong, and where it may not or cannot listen */
export async function startGateway(
  registry: Registry,
  options: GatewayServerOptions = {},
): Promise<RunningGateway> {
  const resolved = resolveServerOptions(options);
  const { port, host, writeMs } = resolved;
  const own = WILDCARDS.includes(host) ? "*" : host;
  // it outlives a change of the options, because clients refer to what they were given before
  const state = createState(resolved);
  const monitor = createMonitor();
  const prepare = (from: Registry, given: Resolved<GatewayOptions>): Routes => {
    if (given.token === undefined && Object.keys(given.tokens ?? {}).length === 0 && !isLoopback(host)) {
      throw new ChatError("config", `listening on ${quote(host)} needs a token, because others can reach it`);
    }
    return createRoutes(from, { ...given, hosts: [...(given.hosts ?? []), own] }, state, monitor);
  };
  let routes = prepare(registry, resolved);
  /** Those that still answer calls from before. */
  const leaving = new Set<Routes>();
  const listener = getRequestListener(
    (request, env) => routes.application.fetch(request, env as HttpBindings),
    {
      overrideGlobalObjects: false,
      // what is left of a body is given its time where the answer is written
      autoCleanupIncoming: false,
      errorHandler: () =>
        toResponse(failureAnswer(new Refusal(400, "the request is malformed"), CHAT_COMPLETIONS)),
    },
  );
  const sockets = createWebSockets(() => routes, resolved);
  /** The answer that each socket carries. */
  const busy = new WeakMap<Socket, ServerResponse>();
  let closing = false;

  const settings = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: CHECK_MS,
    // refused below, with a body
    requireHostHeader: false,
  };
  const server = createServer(settings, (incoming, outgoing) => {
    if (closing) outgoing.shouldKeepAlive = false;
    // a request that was sent behind another waits for its turn, else it would take a place and fail as a client that reads nothing
    if (outgoing.socket === null) outgoing.once("socket", () => handle(incoming, outgoing));
    else handle(incoming, outgoing);
  });

  function handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming;
    busy.set(socket, outgoing);
    outgoing.once("close", () => busy.delete(socket));
    if (isWellFormed(incoming)) void listener(incoming, outgoing);
    else refuseRequest(outgoing);
  }

  server.on("upgrade", (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    if (incoming.headers.upgrade?.toLowerCase() === "websocket") void upgrade(incoming, socket, head);
    // another protocol is an offer that a server may leave alone
    else serveWithoutUpgrade(server, incoming, socket, head);
  });

  async function upgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    // a client that goes while it is let in
    socket.on("error", () => socket.destroy());
    try {
      if (!isWellFormed(incoming))
        throw new Refusal(400, "the request is malformed, expected a path and one `Host`");
      await sockets.open(incoming, socket, head);
    } catch (error) {
      refuseUpgrade(failureAnswer(error, CHAT_COMPLETIONS), socket);
    }
  }

  server.setTimeout(timerMs(writeMs), (socket: Socket) => {
    // a call may be silent for long, but what is written must go, and who asks nothing goes too
    if (socket.writableLength > 0 || !busy.has(socket)) socket.destroy();
  });
  server.on("clientError", (error, socket: Socket) => {
    // what follows an answer that has begun would be read as a part of it
    if (busy.get(socket)?.headersSent) socket.destroy();
    else refuseSocket(error, socket);
  });
  await listen(server, port, host);
  const address = server.address() as AddressInfo;

  return {
    baseURL: `http://${formatHost(host)}:${address.port}/v1`,
    port: address.port,
    async replace(next, given = {}) {
      const before = routes;
      routes = prepare(next, resolveOptions(given));
      leaving.add(before);
      // they would go on to tell of the registry before, and to those whose token is gone
      monitor.dismiss();
      await before.idle();
      leaving.delete(before);
    },
    async close() {
      closing = true;
      const closed = once(server, "close");
      server.close();
      sockets.leave();
      await Promise.all([routes, ...leaving].map((each) => each.close()));
      await sockets.close();
      const flushed = new AbortController();
      await Promise.race([closed.finally(() => flushed.abort()), flush(server, flushed.signal)]);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen({ port, host, backlog: BACKLOG });
  try {
    await once(server, "listening");
  } catch (error) {
    const problem = PROBLEMS.get((error as NodeJS.ErrnoException).code) ?? "cannot be listened on";
    throw new ChatError("config", `${host}:${port} ${problem}`, { cause: error });
  }
}

/** Lets connections go as they fall idle. */
async function flush(server: Server, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + FLUSH_MS;
  while (performance.now() < deadline && !signal.aborted) {
    server.closeIdleConnections();
    await delay(10, undefined, { signal }).catch(() => {});
  }
}

/** The host under which this machine reaches the address. */
function formatHost(host: string): string {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return isIP(reached) === 6 ? `[${reached}]` : reached;
}
