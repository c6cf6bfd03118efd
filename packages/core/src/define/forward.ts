import type { ChatProvider } from "../contract/contract.ts";

/** The endpoints beside chats whose requests and answers a provider passes on unread. */
export type ForwardPath = "/embeddings" | "/completions";

/** A request that is passed on. */
export interface ForwardedRequest {
  /** The endpoint of the server. */
  readonly path: ForwardPath;
  /** JSON text, sent as it is. */
  readonly body: string;
  /** Whether the answer is a stream of events. */
  readonly stream: boolean;
  /** Ends the exchange. */
  readonly signal?: AbortSignal | undefined;
}

/** Passes a request on; gives the body of the answer as it came, of a stream in whole events. */
export type Forward = (request: ForwardedRequest) => AsyncIterable<string>;

/** Names how an instance passes requests on; registered, because provider and registry may each hold a copy of this package. */
export const FORWARD: unique symbol = Symbol.for("@fallthrough/core/1.forward");

/** How a provider passes requests on; `undefined` for one that does not. */
export function forwardOf(provider: ChatProvider): Forward | undefined {
  return (provider as { readonly [FORWARD]?: Forward })[FORWARD];
}
