import type { ChainTimeouts, ChatProvider, ChatRequest, FinishPart } from "../contract/contract.ts";
import type { PartialReply } from "../errors/chat-error.ts";
import type { ListedStream } from "../parts/listed-stream.ts";
import type { HeadObserver, OpenRoute } from "./call-context.ts";
import type { GuardedAnswer } from "./guarded-answer.ts";

/** How a call is guarded. */
export interface GuardOptions {
  /** Used where neither the request nor the instance sets one. */
  readonly timeouts?: ChainTimeouts | undefined;
  /** Upper bounds; `commitMs` counts until the first content. */
  readonly caps?: ChainTimeouts | undefined;
  /** Accepts an answer that has reasoning and no text. @default false */
  readonly reasoningOnly?: boolean | undefined;
  /** Accepts an answer that has nothing in it. @default false */
  readonly emptyAllowed?: boolean | undefined;
  /** Characters per second below which an answer is left before it opens; it is held back so long. @default 0, off */
  readonly minRate?: number | undefined;
  /** Where a reply learns who was asked and who answers. */
  readonly route?: OpenRoute | undefined;
  /** What a chain passes to the chains inside it, also through a provider that wraps them. */
  readonly chain?: object | undefined;
  /** Which of the instance's keys is to be used, from 0 on. @default the first that the server takes */
  readonly key?: number | undefined;
  /** Fails the call with its reason when it aborts: who made the call is closed. */
  readonly closing?: AbortSignal | undefined;
  /** The ids of all whom the call may ask. @default those of the provider */
  readonly ids?: readonly string[] | undefined;
  /** Learns how the call goes on. */
  readonly observer?: CallObserver | undefined;
}

/** Learns how one call goes on, before its reader does. */
export interface CallObserver extends HeadObserver {
  /** Content has come: the provider really answers. */
  committed(): void;
  /** The answer is whole, and what it holds can be asked for; gives the part that the reader gets. */
  finished(finish: FinishPart, answer: () => PartialReply): FinishPart;
  /** The call failed or was aborted; gives what the reader gets. */
  failed(reason: unknown, facts: FailedCall): unknown;
  /** The reader left before the end. */
  left(): void;
}

/** How a call failed. */
export interface FailedCall {
  /** The caller ended it, for a reason of the caller's own. */
  readonly aborted: boolean;
  /** The time ran out while the reader did not come for more, which says nothing about the provider. */
  readonly unread: boolean;
}

/** Marks a provider whose streams keep the invariants themselves: a chain, whose candidates are guarded. */
export const SELF_GUARDED: unique symbol = Symbol.for("@fallthrough/core/1.selfGuarded") as never;

/** A chain takes the options of its guard, too: what counts for one attempt only the chain can tell. */
export interface SelfGuarded extends ChatProvider {
  /** The function that guards itself; another one in its place is guarded again. */
  stream(request: ChatRequest, options?: GuardOptions): ListedStream<GuardedAnswer>;
}

/** Holds the ids of the providers that a chain may ask, also if the chain was wrapped. */
export const MEMBERS: unique symbol = Symbol.for("@fallthrough/core/1.members") as never;

/** The ids that options may be for where this provider is asked. */
export function idsOf(provider: ChatProvider): readonly string[] {
  return (provider as { readonly [MEMBERS]?: readonly string[] })[MEMBERS] ?? [provider.id];
}

/** Whether a provider guards itself; the mark holds the function, so that nothing that replaces that goes unguarded. */
export function isSelfGuarded(provider: ChatProvider): provider is SelfGuarded {
  const { [SELF_GUARDED]: marked } = provider as { readonly [SELF_GUARDED]?: unknown };
  return marked !== undefined && marked === provider.stream;
}
