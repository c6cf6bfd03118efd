/// <reference path="./undici.d.ts" />
import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
// one by one, because the index of undici brings fetch, caches and WebSocket with it, and takes twice the time
import buildConnector from "undici/lib/core/connect.js";
import Pool from "undici/lib/dispatcher/pool.js";
import { holdable, type SocketHold } from "./socket-hold.ts";
import { createSocksConnector } from "./socks.ts";

/** Takes what comes of one request. */
export interface ExchangeHandler extends Dispatcher.DispatchHandler {
  /** What was opened for this request: nothing means that a connection was used again. */
  readonly sockets: readonly Socket[];
  /** Called for each socket that is opened for this request. */
  onSocketOpen(socket: Socket): void;
  /** The request is neither on a connection nor at its end. */
  isWaiting(): boolean;
}

/** Where an instance's requests go. */
export interface Transport {
  /** Starts an exchange; its handler learns of the sockets that are opened for it. */
  dispatch(options: Dispatcher.DispatchOptions, handler: ExchangeHandler): void;
  /** To be called for a handler that waits no more. */
  leaveQueue(handler: ExchangeHandler): void;
  /** Whether `dispatch` knows about the sockets; not so behind a dispatcher of the caller's. */
  readonly ownsSockets: boolean;
  /** Holds the connection whose bytes the parser reads now; `undefined` behind a dispatcher of the caller's. */
  readonly hold: SocketHold | undefined;
  /** So many bytes may wait for the reader of one answer where no connection can be held. */
  readonly mostQueued: number;
  /** Lets running exchanges end and opens new connections for the next ones. */
  renew(): void;
  /** Closes every connection and fails what still runs. */
  close(): Promise<void>;
}

/** What a transport is made for. */
export interface TransportOptions {
  /** The one origin that is asked. */
  readonly origin: string;
  /** The proxy that carries every request; `false` for none, whatever the environment says. */
  readonly proxy: URL | undefined;
  /** A dispatcher of the user's own, in place of connections of this instance. */
  readonly dispatcher: Dispatcher | undefined;
  /** The size of a head that ends the exchange. */
  readonly headerBytes: number;
  /** How many bytes of an answer may wait for a slow reader. */
  readonly streamBytes: number;
}

/** Said outright, because an environment variable of Node.js would turn verification off. */
const VERIFIED = { timeout: 0, rejectUnauthorized: true };
/** A code like those of the system. */
const PROXY_CLOSED = "EPROXYCLOSED";

/** A transport that has opened nothing yet. */
export async function createTransport({
  origin,
  proxy,
  dispatcher,
  headerBytes,
  streamBytes,
}: TransportOptions): Promise<Transport> {
  const tunnels =
    proxy === undefined || proxy.protocol === "socks5:" ? undefined : await import("./proxy-agent.ts");

  /** The dispatch in progress: undici mostly opens sockets before `dispatch` returns. */
  let opening: ExchangeHandler | undefined;
  /**
   * Whose request is on no connection yet, the oldest first. No set: its memory is a chain in which dead handlers keep
   * each other alive until a major collection, with all that was read through them.
   */
  const waiting: ExchangeHandler[] = [];

  let hold: SocketHold | undefined;

  // what a pool gets can be held; the way to a proxy cannot, because no answer comes on it
  function held(connect: buildConnector.connector): buildConnector.connector {
    return ((options: buildConnector.Options, callback: buildConnector.Callback) =>
      connect(options, (...result: Parameters<buildConnector.Callback>) => {
        const [error, socket] = result;
        if (error === null) holdable(socket, onRead);
        callback(...result);
      })) as buildConnector.connector;
  }

  function onRead(read: SocketHold | undefined): void {
    hold = read;
  }

  // undici cannot end a connection that is still being opened, so the sockets are kept in view
  function tracked(connect: buildConnector.connector): buildConnector.connector {
    return (options, callback) => {
      const handler = opening ?? waiting[0];
      if (handler === undefined) {
        // undici connects again for a request that was aborted, only to find that out
        queueMicrotask(() => callback(new Error("no request wants this connection"), null));
        return;
      }
      if (proxy !== undefined && handler.sockets.some((socket) => socket.destroyed)) {
        // undici connects again for ever to a proxy that hangs up on it
        const closed = Object.assign(new Error("the proxy closed the connection"), { code: PROXY_CLOSED });
        queueMicrotask(() => callback(closed, null));
        return;
      }
      handler.onSocketOpen(connect(options, callback) as unknown as Socket);
    };
  }

  function createDispatcher(): Dispatcher {
    const options = { maxHeaderSize: headerBytes };
    const direct = buildConnector(VERIFIED);
    if (proxy === undefined || tunnels === undefined) {
      const connect = proxy === undefined ? direct : createSocksConnector(proxy, direct);
      const pool = new Pool(origin, { ...options, connect: tracked(held(connect)) });
      // a pool keeps what every connection was made with, so one with nothing left to do makes way for an empty one
      return pool.on("disconnect", () => {
        const { connected, size } = pool.stats;
        if (pool === own && !pool.destroyed && connected === 0 && size === 0) renew();
      });
    }
    return new tunnels.ProxyAgent({
      ...options,
      uri: proxy.href,
      // undici sends no user without a password
      ...(proxy.username === "" ? {} : { token: basicCredentials(proxy) }),
      proxyTls: VERIFIED,
      requestTls: VERIFIED,
      clientFactory: (proxyOrigin, clientOptions) => {
        const { connect: toProxy } = clientOptions as { readonly connect: buildConnector.connector };
        return new Pool(proxyOrigin, { ...options, connect: tracked(toProxy) });
      },
      factory: (target, poolOptions) => {
        const { connect: throughTunnel } = poolOptions as { readonly connect: buildConnector.connector };
        return new Pool(target, { ...poolOptions, connect: held(throughTunnel) });
      },
    });
  }

  function renew(): void {
    if (own === undefined) return;
    void own.close();
    own = createDispatcher();
  }

  let own = dispatcher === undefined ? createDispatcher() : undefined;

  return {
    ownsSockets: dispatcher === undefined,
    mostQueued: streamBytes,
    get hold() {
      return hold;
    },
    dispatch(options, handler) {
      opening = handler;
      try {
        (dispatcher ?? (own as Dispatcher)).dispatch(options, handler);
      } finally {
        opening = undefined;
      }
      if (handler.isWaiting()) waiting.push(handler);
    },
    leaveQueue(handler) {
      const place = waiting.indexOf(handler);
      if (place !== -1) waiting.splice(place, 1);
    },
    renew,
    async close() {
      await own?.destroy();
    },
  };
}

function basicCredentials({ username, password }: URL): string {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}
