import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import type { Call } from "../call.ts";
import { LONGEST_TIMER_MS } from "../defaults.ts";
import type { ExchangeHandler, Transport } from "./transport.ts";

/** The head of an answer and its body, as bytes off the wire. */
export interface Exchange {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly setCookie: readonly string[];
  /** The next bytes, `undefined` at the end; rejects with what undici reports, or with the reason of the abort. */
  read(): Promise<Uint8Array | undefined>;
  /** The bytes of the body so far. */
  readonly received: number;
  /** Whether more may come off the wire. */
  isOpen(): boolean;
  /** Ends the exchange; the socket is closed unless the body has ended. */
  close(reason?: unknown): void;
}

/** What the transport reported, and how far the exchange had come. */
export interface ExchangeFailure {
  readonly reason: unknown;
  readonly phase: Call["phase"];
  /** An idle connection was used again and died without a byte of an answer. */
  readonly stale: boolean;
}

/** Thrown inside the HTTP client for a connection that does not stand in time. */
export const CONNECT_TIMED_OUT: unique symbol = Symbol("the connection took too long");

/** So many bytes may wait for the reader before the socket is paused. */
const QUEUED_BYTES = 64 * 1024;
const NONE: readonly string[] = [];

/** Sends one request; resolves with the head of its final answer, rejects with an `ExchangeFailure`. */
export function startExchange(
  transport: Transport,
  options: Dispatcher.DispatchOptions,
  call: Call,
  signal: AbortSignal | undefined,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    let chunks: Uint8Array[] = [];
    let queued = 0;
    let controller: Dispatcher.DispatchController | undefined;
    const sockets: Socket[] = [];
    let headed = false;
    let ended = false;
    let failure: { readonly reason: unknown } | undefined;
    let reader: { resolve(bytes: Uint8Array | undefined): void; reject(reason: unknown): void } | undefined;
    let connectTimer: NodeJS.Timeout | undefined;
    const onAbort = (): void => close(signal?.reason);
    call.phase = "connect";
    call.exchanges++;

    function settle(): void {
      ended = true;
      call.exchanges--;
      leaveQueue();
      signal?.removeEventListener("abort", onAbort);
    }

    function leaveQueue(): void {
      transport.leaveQueue(handler);
      clearTimeout(connectTimer);
    }

    function fail(reason: unknown): void {
      if (ended) return;
      settle();
      failure = { reason };
      if (!headed) {
        const reused = transport.ownsSockets && sockets.length === 0;
        const stale = reused && call.phase === "headers" && isLostConnection(reason);
        reject({ reason, phase: call.phase, stale } satisfies ExchangeFailure);
      }
      reader?.reject(reason);
      reader = undefined;
    }

    function close(reason: unknown): void {
      if (ended) return;
      fail(reason);
      const error = reason instanceof Error ? reason : new Error("the exchange was ended");
      if (controller === undefined) for (const socket of sockets) socket.destroy(error);
      else controller.abort(error);
    }

    const exchange: { -readonly [Name in keyof Exchange]: Exchange[Name] } = {
      status: 0,
      headers: {},
      setCookie: NONE,
      received: 0,
      isOpen: () => !ended,
      read() {
        if (chunks.length > 0) {
          // all that waits at once: the reader's work is by the read, not by the byte
          const bytes = joinBytes(chunks);
          chunks = [];
          if (queued > QUEUED_BYTES && !ended) controller?.resume();
          queued = 0;
          return Promise.resolve(bytes);
        }
        if (failure !== undefined) return Promise.reject(failure.reason);
        if (ended) return Promise.resolve(undefined);
        return new Promise<Uint8Array | undefined>((resolveRead, rejectRead) => {
          reader = { resolve: resolveRead, reject: rejectRead };
        });
      },
      close,
    };

    /** Not for a connection that stands: a request waits a turn for it, and a timer costs more than that. */
    function startConnectTimer(): void {
      if (call.connectMs <= 0) return;
      connectTimer ??= setTimeout(
        () => close(CONNECT_TIMED_OUT),
        Math.min(call.connectMs, LONGEST_TIMER_MS),
      );
    }

    const handler: ExchangeHandler = {
      sockets,
      onSocketOpen(socket) {
        sockets.push(socket);
        startConnectTimer();
      },
      isWaiting: () => controller === undefined && !ended,
      onRequestStart(started) {
        controller = started;
        leaveQueue();
        if (ended) return started.abort(new Error("the exchange was ended"));
        call.phase = "headers";
      },
      onResponseStart(_, status, headers) {
        if (status < 200 || ended) return;
        headed = true;
        call.phase = "preamble";
        exchange.status = status;
        exchange.headers = joinHeaders(headers);
        const cookies = headers["set-cookie"];
        if (cookies !== undefined) exchange.setCookie = [cookies].flat();
        resolve(exchange);
      },
      onResponseData(_, chunk) {
        exchange.received += chunk.length;
        if (reader !== undefined) {
          reader.resolve(chunk);
          reader = undefined;
          return;
        }
        chunks.push(chunk);
        queued += chunk.length;
        if (queued > QUEUED_BYTES) controller?.pause();
      },
      onResponseEnd() {
        if (ended) return;
        settle();
        reader?.resolve(undefined);
        reader = undefined;
      },
      onResponseError(_, error) {
        fail(error);
      },
    };

    if (signal?.aborted) return fail(signal.reason);
    signal?.addEventListener("abort", onAbort);
    try {
      transport.dispatch(options, handler);
      // whether a dispatcher of the caller's opens anything is not known
      if (!transport.ownsSockets && handler.isWaiting()) startConnectTimer();
    } catch (error) {
      fail(error);
    }
  });
}

/** These bytes as one piece; a single piece is not copied. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const [first, second] = chunks;
  return first !== undefined && second === undefined ? first : Buffer.concat(chunks);
}

/** The connection ended without an answer; any other failure was an answer, if a broken one. */
function isLostConnection(reason: unknown): boolean {
  const { code, message } = reason instanceof Error ? (reason as NodeJS.ErrnoException) : {};
  return (
    /^(ECONNRESET|EPIPE|ECONNABORTED)$/.test(code ?? "") ||
    (code === "UND_ERR_SOCKET" && !/^bad /.test(message ?? ""))
  );
}

function joinHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) joined[name] = typeof value === "string" ? value : value.join(", ");
  }
  return joined;
}
