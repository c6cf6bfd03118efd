import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { WebSocket, WebSocketServer } from "ws";
import type { Connection, Connections } from "./dialects/responses/connections.ts";
import { createResponseMemory, ITEMS_AT_MOST } from "./dialects/responses/memory.ts";
import { readRequest } from "./node-exchange.ts";
import { Refusal } from "./refusal.ts";
import { startTimer } from "./timers.ts";

/** The WebSockets of a server. */
export interface WebSockets {
  /** Takes a connection over; throws a refusal where it may not be opened */
  open(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Takes no more messages, and closes each connection once its call is over. */
  leave(): void;
  /** Closes every connection. */
  close(): Promise<void>;
}

/** What WebSockets are served with. */
export interface WebSocketOptions {
  /** Connections at once. */
  readonly maxCalls: number;
  /** Bytes of one message. */
  readonly bodyBytes: number;
  /** Milliseconds that a client may take nothing while there is something for it. */
  readonly writeMs: number;
}

interface OpenSocket {
  readonly socket: WebSocket;
  /** The messages that wait for those before them. */
  readonly waiting: Buffer[];
  isBusy: boolean;
  isAlive: boolean;
}

/** How often a client has to show that it is there. */
const PING_MS = 30_000;
/** Messages that may wait behind the one that is answered. */
const WAITING_AT_MOST = 16;
const CHARACTERS_OF_CONNECTION = 8 * 1024 * 1024;
/** How long clients may take to answer that the connection closes. */
const CLOSE_MS = 500;
const GOING_AWAY = 1001;
const FULL = new Refusal(503, "too many connections are open", {
  code: "too_many_calls",
  retryAfterMs: 1_000,
});

/** The WebSockets of a server whose routes may change while connections stay. */
export function createWebSockets(
  routes: () => Connections,
  { maxCalls, bodyBytes, writeMs }: WebSocketOptions,
): WebSockets {
  const open = new Set<OpenSocket>();
  let server: Promise<WebSocketServer> | undefined;
  let leaving = false;
  let timer: NodeJS.Timeout | undefined;

  /** Loaded once somebody needs it. */
  async function load(): Promise<WebSocketServer> {
    const { WebSocketServer } = await import("ws");
    const maxPayload = Number.isFinite(bodyBytes) ? bodyBytes : 0;
    return new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false });
  }

  function pingAll(): void {
    for (const one of open) {
      if (!one.isAlive) one.socket.terminate();
      one.isAlive = false;
      one.socket.ping();
    }
  }

  function serve(socket: WebSocket, incoming: IncomingMessage): void {
    const client = new AbortController();
    const one: OpenSocket = { socket, waiting: [], isBusy: false, isAlive: true };
    const limits = {
      ms: Number.POSITIVE_INFINITY,
      items: ITEMS_AT_MOST,
      characters: CHARACTERS_OF_CONNECTION,
    };
    const connection: Connection = {
      request: readRequest(incoming, client.signal),
      memory: createResponseMemory(limits),
    };
    open.add(one);
    timer ??= setInterval(pingAll, PING_MS).unref();
    socket.on("pong", () => {
      one.isAlive = true;
    });
    // what is wrong closes the connection
    socket.on("error", () => {});
    socket.on("close", () => {
      open.delete(one);
      client.abort();
      if (open.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    });
    socket.on("message", (message: Buffer) => {
      if (leaving) return;
      one.waiting.push(message);
      // one that sends more than it takes answers of
      if (one.waiting.length > WAITING_AT_MOST) socket.close(1008, "too many messages wait");
      else if (!one.isBusy) void answerAll(one, connection);
    });
  }

  async function answerAll(one: OpenSocket, connection: Connection): Promise<void> {
    one.isBusy = true;
    for (let next = one.waiting.shift(); next !== undefined; next = one.waiting.shift()) {
      await sendLines(one.socket, routes().answerMessage(connection, next));
    }
    one.isBusy = false;
    if (leaving) one.socket.close(GOING_AWAY);
  }

  /** Sends each line as a message, and asks for more only once they are on their way. */
  async function sendLines(socket: WebSocket, pieces: AsyncIterable<string>): Promise<void> {
    let rest = "";
    for await (const piece of pieces) {
      const lines = `${rest}${piece}`.split("\n");
      rest = lines.pop() ?? "";
      const sent = lines.map((line) => send(socket, line));
      if (socket.bufferedAmount === 0) continue;
      const stalled = startTimer(writeMs, () => socket.terminate());
      await Promise.all(sent);
      clearTimeout(stalled);
    }
  }

  return {
    async open(incoming, socket, head) {
      routes().admit(readRequest(incoming, NEVER));
      if (leaving || open.size >= maxCalls) throw FULL;
      server ??= load();
      const accepting = await server;
      accepting.handleUpgrade(incoming, socket, head, serve);
    },

    leave() {
      leaving = true;
      for (const one of open) {
        one.waiting.length = 0;
        if (!one.isBusy) one.socket.close(GOING_AWAY);
      }
    },

    async close() {
      const closed = [...open].map(
        ({ socket }) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
      );
      for (const { socket } of open) socket.close(GOING_AWAY);
      const given = new AbortController();
      const late = delay(CLOSE_MS, undefined, { signal: given.signal }).catch(() => {});
      await Promise.race([Promise.all(closed), late]);
      given.abort();
      for (const { socket } of open) socket.terminate();
    },
  };
}

const NEVER: AbortSignal = new AbortController().signal;

/** A client that is gone is no failure: its call ends by itself. */
function send(socket: WebSocket, line: string): Promise<void> {
  return new Promise((resolve) => {
    socket.send(line, () => resolve());
  });
}
