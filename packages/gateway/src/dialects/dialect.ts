import type { ChatRequest, ChatResult, Route, StreamPart, WireProtocol } from "@fallthrough/core";
import type { ForwardPath } from "@fallthrough/core/internal";
import type { Caller } from "../access.ts";
import type { Failure, FailureForm } from "../failure-answer.ts";

/** A wire protocol in front of the gateway: how a request is read, and how an answer and a failure are written. */
export interface Dialect extends FailureForm {
  /** Whose fields are those that nobody here has read. */
  readonly protocol: WireProtocol;
  /** The media type of a streamed answer. */
  readonly streamType: string;
  /** The header in which its clients look for the id of a request, beside `x-request-id`. */
  readonly idHeader?: string;
  /** Reads the body of a caller's request, which is also there as its text; throws a refusal that names the field */
  readRequest(body: unknown, caller: Caller, text: string): DialectCall;
}

/** One call of a client, as its dialect reads it. */
export interface DialectCall {
  /** What the chain is asked. */
  readonly chat: Omit<ChatRequest, "protocol" | "signal" | "timeouts">;
  /** Whether the answer is streamed. */
  readonly stream: boolean;
  /** What is passed on unread, in place of a chat. */
  readonly forward?: ForwardPath;
  /** The answer to a request that needs no provider, as a JSON value. */
  readonly ready?: object;
  /** The answer to a request that the model would not answer; where absent, that is a failure. */
  formatRefusal?(failure: Failure, stream: boolean): string;
  /** Writes the answer whole. */
  openAnswer(): AnswerWriter;
  /** Writes the answer as it comes. */
  openStream(): StreamWriter;
}

/** Who answers: the provider and the model. */
export type Answerer = Pick<Route, "provider" | "model">;

/** Writes one answer whole. */
export interface AnswerWriter {
  /** Takes each part, in order. */
  take(part: StreamPart): void;
  /** The body, as a JSON value or as JSON text, once every part is taken. */
  format(result: ChatResult): object | string;
}

/** Writes one answer as it comes; every text is whole frames, and empty while there is nothing to send. */
export interface StreamWriter {
  /** Opens the answer, once, before its first part; it may come after `keepAlive`. */
  begin(answerer: Answerer): string;
  /** Tells a part; `finish` ends the stream. */
  write(part: StreamPart): string;
  /** Keeps a client that waits from giving up; it may come before `begin`. */
  keepAlive(): string;
  /** Ends the stream of a call that failed; it may come before `begin`. */
  fail(failure: Failure): string;
}

/** The media type of server-sent events. */
export const EVENT_STREAM: string = "text/event-stream; charset=utf-8";

/** Who answers, as a reference that can be asked for again. */
export function formatReference({ provider, model }: Answerer): string {
  return [provider, model].filter((name) => name !== undefined && name !== "").join("/");
}
