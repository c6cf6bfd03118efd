import type { ChatRequest, StreamPart, Timeouts } from "../contract/contract.ts";
import type { OpenRoute } from "./call-context.ts";

/** How a call is guarded. */
export interface GuardOptions {
  /** Used where neither the request nor the instance sets one. */
  readonly timeouts?: Timeouts | undefined;
  /** Upper bounds; `commitMs` counts until the first content. */
  readonly caps?: Timeouts | undefined;
  /** Accepts an answer that has reasoning and no text. @default false */
  readonly reasoningOnly?: boolean | undefined;
  /** Where a reply learns who was asked and who answers. */
  readonly route?: OpenRoute | undefined;
}

/** Marks a provider whose streams keep the invariants themselves: a chain, whose candidates are guarded. */
export const SELF_GUARDED: unique symbol = Symbol.for("@fallthrough/core.selfGuarded") as never;

/** A chain takes the options of its guard too: what counts for one attempt only the chain can tell. */
export interface SelfGuarded {
  stream(request: ChatRequest, options: GuardOptions): AsyncIterable<StreamPart>;
}
