import type {
  Attempt,
  ChainRequest,
  ChatError,
  FinishReason,
  PartialReply,
  Route,
  Usage,
} from "@fallthrough/core";

/**
 * A call that begins, and the one object that every event of it names.
 *
 * `request` is not enumerable, so that nobody logs a prompt who logs an event.
 */
export interface CallStarted {
  /** Names the call; no other call has the same. */
  readonly id: string;
  /** When it began, in milliseconds since 1970, with fractions. */
  readonly at: number;
  /** What is asked for. */
  readonly operation: "chat" | "completions" | "embeddings";
  /** The name that was asked for; absent where none was. */
  readonly model?: string | undefined;
  /** What is asked, with the content of its messages. */
  readonly request: ChainRequest;
}

/** An attempt that has ended, or a candidate that was passed over, with what the route does not keep. */
export interface CallAttempt extends Attempt {
  /** Its place in the route, from 0 on. */
  readonly index: number;
  /** Milliseconds from the start of the call to that of the attempt, with fractions. */
  readonly startMs: number;
  /** The same as `ms`, with fractions. */
  readonly durationMs: number;
  /** Milliseconds from the start of the attempt to its first content. */
  readonly firstMs?: number | undefined;
  /** The tokens that the server counted. */
  readonly usage?: Usage | undefined;
  /** Why the answer ended. */
  readonly finishReason?: FinishReason | undefined;
  /** The server's id of the answer. */
  readonly responseId?: string | undefined;
  /** Why it failed. */
  readonly error?: ChatError | undefined;
}

/** The first content of a call has come, so that nobody else is asked. */
export interface CallCommitted {
  /** The id of the provider that answers. */
  readonly provider: string;
  /** The model that answers; absent where none is asked for by name. */
  readonly model?: string | undefined;
  /** Milliseconds from the start of the call, with fractions. */
  readonly afterMs: number;
}

/** How a call ended; `answer` is not enumerable. */
export interface CallEnded {
  /** `aborted` where the caller ended it, or left before the end. */
  readonly outcome: "answered" | "failed" | "aborted";
  /** Milliseconds of the call, with fractions. */
  readonly durationMs: number;
  /** Milliseconds of `durationMs` in which an attempt was under way; the rest is what the chain itself takes. */
  readonly askedMs: number;
  /** Milliseconds to the first content. */
  readonly firstMs?: number | undefined;
  /** Who was asked, and who answered. */
  readonly route: Route;
  /** The tokens that the server counted. */
  readonly usage?: Usage | undefined;
  /** Why the answer ended. */
  readonly finishReason?: FinishReason | undefined;
  /** What ended the call, where it failed or was aborted. */
  readonly error?: unknown;
  /** What had come of the answer. */
  readonly answer?: PartialReply | undefined;
}

/** Told of one call, as it goes on; an observer changes nothing about what it observes. */
export interface CallListener {
  /** An attempt has ended, or a candidate was passed over. */
  attempt?(attempt: CallAttempt): void;
  /** Somebody answers. */
  committed?(committed: CallCommitted): void;
  /** The call has ended, once. */
  ended?(ended: CallEnded): void;
}

/** Called with each call as it begins; the observer that it returns learns how the call goes on. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is one
export type OnCall = (call: CallStarted) => CallListener | undefined | void;
