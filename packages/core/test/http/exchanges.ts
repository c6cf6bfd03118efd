import { DEFAULT_LIMITS, type Limits } from "../../src/contract/defaults.ts";
import { ChatError } from "../../src/errors/chat-error.ts";
import type { Exchange } from "../../src/http/answer/exchange.ts";
import { createResponse } from "../../src/http/answer/response.ts";
import type { HttpRequest, HttpResponse } from "../../src/http/types.ts";

/** What a made-up exchange is about. */
export interface ExchangeOptions {
  readonly status?: number | undefined;
  readonly type?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Thrown after the last piece instead of an end. */
  readonly failure?: unknown;
  readonly limits?: Limits | undefined;
  readonly recognise?: HttpRequest["recognise"];
  /** @default false */
  readonly wantsPage?: boolean | undefined;
}

/** An exchange whose body comes in these pieces. */
export function createExchange(
  pieces: readonly (string | Uint8Array)[],
  { status = 200, type, headers = {}, failure }: ExchangeOptions = {},
): Exchange & { readonly closed: boolean } {
  const left = pieces.map((piece) => Buffer.from(piece));
  let received = 0;
  let closed = false;
  return {
    status,
    headers: type === undefined ? headers : { "content-type": type, ...headers },
    setCookie: [],
    get received() {
      return received;
    },
    get closed() {
      return closed;
    },
    async read() {
      const piece = left.shift();
      received += piece?.length ?? 0;
      if (piece === undefined && failure !== undefined) throw failure;
      return piece;
    },
    broken: undefined,
    isOpen: () => !closed,
    isRead: () => left.length === 0 && failure === undefined,
    close() {
      closed = true;
    },
  };
}

/** The response of an exchange whose body comes in these pieces. */
export function respond(
  pieces: readonly (string | Uint8Array)[],
  options: ExchangeOptions = {},
): HttpResponse {
  return createResponse({
    exchange: createExchange(pieces, options),
    what: "GET /",
    limits: { ...DEFAULT_LIMITS, ...(options.limits as typeof DEFAULT_LIMITS) },
    signal: undefined,
    recognise: options.recognise,
    wantsPage: options.wantsPage ?? false,
    error: (code, message, details) => new ChatError(code, message, { provider: "toy", ...details }),
  });
}
