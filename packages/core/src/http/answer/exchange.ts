import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { LONGEST_TIMER_MS } from "../../contract/defaults.ts";
import { ChatError } from "../../errors/chat-error.ts";
import type { Call } from "../../guard/call-context.ts";
import type { SocketHold } from "../client/socket-hold.ts";
import type { ExchangeHandler, Transport } from "../client/transport.ts";

/** The head of an answer and its body, as bytes off the wire. */
export interface Exchange {
  /** The HTTP status. */
  readonly status: number;
  /** The headers, with lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The cookies that the server sets. */
  readonly setCookie: readonly string[];
  /** The next bytes, `undefined` at the end; rejects with what undici reports, or with the reason of the abort. */
  read(): Promise<Uint8Array | undefined>;
  /** The bytes of the body so far. */
  readonly received: number;
  /** What broke the connection, where that ended the body: whether all of it came only the body itself can tell. */
  readonly broken: Error | undefined;
  /** Whether more may come off the wire. */
  isOpen(): boolean;
  /** Whether the body has ended and all of it was read. */
  isRead(): boolean;
  /** Ends the exchange; the socket is closed unless the body has ended. */
  close(reason?: unknown): void;
}

/** What the transport reported, and how far the exchange had come. */
export interface ExchangeFailure {
  /** What ended the exchange. */
  readonly reason: unknown;
  /** How far the exchange had come. */
  readonly phase: Call["phase"];
  /** An idle connection was used again and died without a byte of an answer. */
  readonly stale: boolean;
}

/** Thrown inside the HTTP client for a connection that is not open in time. */
export const CONNECT_TIMED_OUT: unique symbol = Symbol("the connection took too long");

/** So many bytes may wait for the reader before their connection is held. */
const QUEUED_BYTES = 64 * 1024;
/** Shared by the exchanges that have nothing of a kind. */
const NONE: readonly never[] = Object.freeze([]);
const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** Sends one request; resolves with the head of its final answer, rejects with an `ExchangeFailure`. */
export function startExchange(
  transport: Transport,
  options: Dispatcher.DispatchOptions,
  call: Call,
  signal: AbortSignal | undefined,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    new OpenExchange(transport, call, signal, resolve, reject).start(options);
  });
}

/** Both what undici reports to and what the reader holds. */
class OpenExchange implements Exchange, ExchangeHandler {
  status = 0;
  headers: Readonly<Record<string, string>> = NO_HEADERS;
  setCookie: readonly string[] = NONE;
  received = 0;
  broken: Error | undefined = undefined;
  sockets: readonly Socket[] = NONE;
  private readonly transport: Transport;
  private readonly call: Call;
  private readonly signal: AbortSignal | undefined;
  private readonly resolve: (exchange: Exchange) => void;
  private readonly reject: (failure: ExchangeFailure) => void;
  private controller: Dispatcher.DispatchController | undefined = undefined;
  /** Of the connection that the answer comes on, while it comes. */
  private hold: SocketHold | undefined = undefined;
  private onAbort: (() => void) | undefined = undefined;
  private connectTimer: NodeJS.Timeout | undefined = undefined;
  /** What came before it was asked for. */
  private chunks: Uint8Array[] | undefined = undefined;
  private queued = 0;
  private headed = false;
  private ended = false;
  private failure: { readonly reason: unknown } | undefined = undefined;
  /** Who waits for the next bytes. */
  private resolveRead: ((bytes: Uint8Array | undefined) => void) | undefined = undefined;
  private rejectRead: ((reason: unknown) => void) | undefined = undefined;

  constructor(
    transport: Transport,
    call: Call,
    signal: AbortSignal | undefined,
    resolve: (exchange: Exchange) => void,
    reject: (failure: ExchangeFailure) => void,
  ) {
    this.transport = transport;
    this.call = call;
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
  }

  start(options: Dispatcher.DispatchOptions): void {
    const { transport, call, signal } = this;
    call.phase = "connect";
    call.exchanges++;
    if (signal?.aborted) {
      this.fail(signal.reason);
      return;
    }
    if (signal !== undefined) {
      this.onAbort = () => this.close(signal.reason);
      signal.addEventListener("abort", this.onAbort);
    }
    try {
      transport.dispatch(options, this);
      // whether a dispatcher of the caller's opens anything is not known
      if (!transport.ownsSockets && this.isWaiting()) this.startConnectTimer();
    } catch (error) {
      this.fail(error);
    }
  }

  isOpen(): boolean {
    return !this.ended;
  }

  isRead(): boolean {
    return this.ended && (this.failure ?? this.broken ?? this.chunks) === undefined;
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.chunks !== undefined) {
      // all that waits at once: the reader's work is by the read, not by the byte
      const bytes = joinBytes(this.chunks);
      this.chunks = undefined;
      this.queued = 0;
      // the parser runs inside of this: what it brings waits for the next read, and may hold the connection again
      this.hold?.release();
      return Promise.resolve(bytes);
    }
    if (this.failure !== undefined) return Promise.reject(this.failure.reason);
    if (this.ended) return Promise.resolve(undefined);
    return new Promise<Uint8Array | undefined>((resolve, reject) => {
      this.resolveRead = resolve;
      this.rejectRead = reject;
    });
  }

  close(reason?: unknown): void {
    if (this.ended) return;
    this.fail(reason);
    const error = reason instanceof Error ? reason : new Error("the exchange was ended");
    if (this.controller === undefined) for (const socket of this.sockets) socket.destroy(error);
    else this.controller.abort(error);
  }

  onSocketOpen(socket: Socket): void {
    this.sockets = [...this.sockets, socket];
    this.startConnectTimer();
  }

  isWaiting(): boolean {
    return this.controller === undefined && !this.ended;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    this.leaveQueue();
    if (this.ended) controller.abort(new Error("the exchange was ended"));
    else this.call.phase = "headers";
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.ended) return;
    this.headed = true;
    this.hold = this.transport.hold;
    this.call.phase = "preamble";
    this.status = status;
    this.headers = joinHeaders(headers);
    this.call.headers = this.headers;
    this.call.observer?.headed?.(this.headers);
    const cookies = headers["set-cookie"];
    if (cookies !== undefined) this.setCookie = [cookies].flat();
    this.resolve(this);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.received += chunk.length;
    if (this.resolveRead !== undefined) {
      this.resolveRead(chunk);
      this.forgetReader();
      return;
    }
    if (this.chunks === undefined) this.chunks = [chunk];
    else this.chunks.push(chunk);
    this.queued += chunk.length;
    if (this.queued > QUEUED_BYTES) this.holdBack();
  }

  onResponseEnd(): void {
    if (this.hold?.hasEnded) this.hold.findFailure((failure) => this.end(failure));
    else this.end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  private end(broken?: Error): void {
    if (this.ended) return;
    this.broken = broken;
    this.settle();
    this.resolveRead?.(undefined);
    this.forgetReader();
  }

  private fail(reason: unknown): void {
    if (this.ended) return;
    this.settle();
    this.failure = { reason };
    if (!this.headed) {
      const { phase } = this.call;
      const reused = this.transport.ownsSockets && this.sockets.length === 0;
      this.reject({ reason, phase, stale: reused && phase === "headers" && isLostConnection(reason) });
    }
    this.rejectRead?.(reason);
    this.forgetReader();
  }

  private holdBack(): void {
    if (this.hold !== undefined) this.hold.take();
    // a dispatcher of the caller's is not paused either: all of them end the process where the server ends meanwhile
    else if (this.queued > this.transport.mostQueued) {
      const problem = `the answer is more than ${this.transport.mostQueued} bytes ahead of its reader`;
      this.close(new ChatError("limit", problem));
    }
  }

  private settle(): void {
    this.hold?.drop();
    this.hold = undefined;
    this.ended = true;
    this.call.exchanges--;
    this.leaveQueue();
    if (this.onAbort !== undefined) this.signal?.removeEventListener("abort", this.onAbort);
  }

  private leaveQueue(): void {
    this.transport.leaveQueue(this);
    clearTimeout(this.connectTimer);
  }

  private forgetReader(): void {
    this.resolveRead = undefined;
    this.rejectRead = undefined;
  }

  /** Not for a connection that is open: a request waits one turn for it, and a timer costs more than that. */
  private startConnectTimer(): void {
    const { connectMs } = this.call;
    if (connectMs <= 0) return;
    this.connectTimer ??= setTimeout(
      () => this.close(CONNECT_TIMED_OUT),
      Math.min(connectMs, LONGEST_TIMER_MS),
    );
  }
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
