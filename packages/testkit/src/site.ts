import type { Reply } from "./reply.ts";

/**
 * How a stand-in behaves until told otherwise.
 *
 * `abuse` is PizzaGPT's refusal; `challenge` a Cloudflare page with status 200; `rate-limit` 429 with a
 * `Retry-After`; `server-error` the site's own 500; `silent` accepts and never answers; `expired-nonce` and
 * `expired-token` refuse what the client holds, once; `cut` resets the connection in the middle of an answer;
 * `slow` pauses behind each piece of one; `empty` answers without any text.
 */
export type Behaviour =
  | "ok"
  | "abuse"
  | "challenge"
  | "rate-limit"
  | "server-error"
  | "silent"
  | "expired-nonce"
  | "expired-token"
  | "cut"
  | "slow"
  | "empty";

/** One request as a stand-in received it. */
export interface UpstreamRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Lower-case names; several values are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded as UTF-8. */
  readonly body: string;
  /** The client left before it had the whole answer. */
  readonly aborted: boolean;
}

/** What a site sees of a request, beside the request itself. */
export interface SiteRequest extends UpstreamRequest {
  readonly url: URL;
  /** The stand-in's own. */
  readonly origin: string;
  readonly behaviour: Behaviour;
  /** Whether this behaviour is asked for; it then ends. */
  once(behaviour: Behaviour): boolean;
}

/** The protocol of one site. */
export interface Site {
  /** The path of the base URL. @default "" */
  readonly basePath?: string | undefined;
  answer(request: SiteRequest): Reply | Promise<Reply>;
  /** @default a plain 500 */
  readonly serverError?: Reply | undefined;
  /** @default a plain 429 */
  readonly rateLimit?: Reply | undefined;
}
