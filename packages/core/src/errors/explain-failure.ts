import { types } from "node:util";
import type { ChatRequest } from "../contract/contract.ts";
import type { Call } from "../guard/call-context.ts";
import { amendError, ChatError, type PartialReply } from "./chat-error.ts";
import { isExhausted } from "./exhausted-call.ts";
import { createPromptRedactor } from "./prompt-redactor.ts";
import { type Redactor, redactedCause } from "./redact.ts";

/** What a call was about when it failed. */
export interface FailureFacts {
  /** The id of the provider. */
  readonly provider: string;
  /** The model that was asked. */
  readonly model: string | undefined;
  /** The request, whose texts are redacted. */
  readonly request: ChatRequest;
  /** The call that failed. */
  readonly call: Call;
  /** What had arrived; `undefined` before the first content. */
  readonly partial: PartialReply | undefined;
}

/** Whatever a provider threw, as the error that its caller gets; never throws itself. */
export function explainFailure(thrown: unknown, facts: FailureFacts): unknown {
  try {
    // whoever throws a proxy decides on what every look at it gives
    if (types.isProxy(thrown)) return unreadable(facts);
    if (isExhausted(thrown)) return thrown;
    const error = isReadable(thrown) ? thrown : breach(thrown);
    return amend(error, facts);
  } catch {
    // a getter that throws
    return unreadable(facts);
  }
}

/** Nothing of the thrown value is in it, so there is nothing to redact. */
function unreadable({ provider, model, call, partial }: FailureFacts): ChatError {
  return new ChatError("contract", "stream() threw a value that cannot be read, expected a ChatError", {
    provider,
    model,
    phase: partial === undefined ? call.phase : "committed",
    partial,
  });
}

function breach(thrown: unknown): ChatError {
  const problem = `stream() threw ${describe(thrown)}, expected a ChatError`;
  return new ChatError("contract", problem, { cause: thrown });
}

/** An error of another copy of this package may be of another version. */
function isReadable(thrown: unknown): thrown is ChatError {
  if (!(thrown instanceof ChatError)) return false;
  return typeof thrown.code === "string" && typeof thrown.message === "string";
}

function amend(error: ChatError, { provider, model, request, call, partial }: FailureFacts): ChatError {
  const committed = partial !== undefined;
  const redactor = redactorFor(request, call);
  // a connection lost after the first content leaves an answer without its end
  const code = committed && error.code === "network" ? "interrupted" : error.code;
  return amendError(error, {
    code,
    message: redactor(error.message),
    provider: error.provider ?? provider,
    model: error.model ?? model,
    phase: committed ? "committed" : (error.phase ?? call.phase),
    partial,
    cause: error.cause === undefined ? undefined : redactedCause(error.cause, redactor),
  });
}

function redactorFor(request: ChatRequest, call: Call): Redactor {
  const prompts = createPromptRedactor(textsOf(request));
  return (text) => prompts(call.redactor?.(text) ?? text);
}

/** All that the caller wrote. */
function textsOf({ messages }: ChatRequest): string[] {
  const texts: unknown[] = messages.flatMap((message) => {
    const { content } = message;
    const pieces = Array.isArray(content)
      ? content.map((part) => part.type === "text" && part.text)
      : [content];
    if (message.role !== "assistant") return pieces;
    const { toolCalls = [], reasoning = [] } = message;
    return [...pieces, ...toolCalls.map((call) => call.arguments), ...reasoning.map(({ text }) => text)];
  });
  return texts.filter((text) => typeof text === "string");
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : `a ${thrown === null ? "null" : typeof thrown}`;
}
