import type { Socket } from "node:net";
import type { buildConnector, Dispatcher } from "undici";
import type { CookieParser } from "./cookies.ts";

/** Where an instance's requests go. */
export interface Transport {
  readonly parseCookie: CookieParser;
  /** Starts an exchange; gives the sockets that were opened for it: none means that one was used again. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): readonly Socket[];
  /** Whether `dispatch` knows about the sockets; not so behind a dispatcher of the caller's. */
  readonly ownsSockets: boolean;
  /** Lets running exchanges end and opens new connections for the next ones. */
  renew(): void;
  close(): Promise<void>;
}

/** What a transport is made for. */
export interface TransportOptions {
  readonly proxy: URL | undefined;
  readonly dispatcher: Dispatcher | undefined;
  readonly headerBytes: number;
}

/** Loads undici, which is most of the start-up, and opens nothing yet. */
export async function createTransport({
  proxy,
  dispatcher,
  headerBytes,
}: TransportOptions): Promise<Transport> {
  const undici = await import("undici");
  /** The sockets of the dispatch in progress: undici opens them before `dispatch` returns. */
  let opening: Socket[] | undefined;

  // undici cannot end a connection that is still being opened, so the sockets are kept in view
  function tracked(connect: buildConnector.connector): buildConnector.connector {
    return (options, callback) => {
      const sockets = opening;
      const socket = connect(options, callback) as unknown as Socket;
      sockets?.push(socket);
      return socket;
    };
  }

  function createDispatcher(): Dispatcher {
    const options = { maxHeaderSize: headerBytes };
    const connect = tracked(undici.buildConnector({ timeout: 0 }));
    if (proxy === undefined) return new undici.Agent({ ...options, connect });
    if (proxy.protocol === "socks5:") {
      return new undici.Socks5ProxyAgent(proxy, { ...options, connect });
    }
    return new undici.ProxyAgent({
      ...options,
      uri: proxy.href,
      proxyTls: { timeout: 0 },
      requestTls: { timeout: 0 },
      clientFactory: (origin, clientOptions) => {
        const { connect: toProxy } = clientOptions as { readonly connect: buildConnector.connector };
        return new undici.Pool(origin, { ...options, connect: tracked(toProxy) });
      },
    });
  }

  let own = dispatcher === undefined ? createDispatcher() : undefined;

  return {
    parseCookie: undici.parseCookie,
    ownsSockets: dispatcher === undefined,
    dispatch(options, handler) {
      const sockets: Socket[] = [];
      opening = sockets;
      try {
        (dispatcher ?? (own as Dispatcher)).dispatch(options, handler);
      } finally {
        opening = undefined;
      }
      return sockets;
    },
    renew() {
      if (own === undefined) return;
      void own.close();
      own = createDispatcher();
    },
    async close() {
      await own?.destroy();
    },
  };
}
