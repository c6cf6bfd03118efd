import type { ForwardedRequest } from "../define/forward.ts";
import type { ChatReply } from "./reply.ts";

/** A request that a registry passes on to those behind a name. */
export interface ForwardCall extends ForwardedRequest {
  /** A reference. @default "auto" */
  readonly model?: string | undefined;
}

/** Names how a registry passes requests on, for the gateway alone. */
export const FORWARDS: unique symbol = Symbol.for("@fallthrough/core/1.forwards");

/** A registry that passes requests on; the text of the reply is the body of the answer. */
export interface ForwardingRegistry {
  /** Passes a request on. */
  readonly [FORWARDS]: (call: ForwardCall) => ChatReply;
}
