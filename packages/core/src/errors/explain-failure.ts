import type { ChatProvider, ChatRequest } from "../contract/contract.ts";
import type { Call } from "../guard/call-context.ts";
import { messageText } from "../parts/format-prompt.ts";
import { amendError, ChatError, type PartialReply } from "./chat-error.ts";
import { createPromptRedactor, redactedCause } from "./redact.ts";

const EXHAUSTED = Symbol.for("@fallthrough/registry.ChainExhaustedError");

/** What a call was about when it failed. */
export interface FailureFacts {
  /** The id of the provider. */
  readonly provider: ChatProvider;
  /** The model that was asked. */
  readonly model: string | undefined;
  /** The request, whose texts are redacted. */
  readonly request: ChatRequest;
  /** The call that failed. */
  readonly call: Call;
  /** What had arrived; `undefined` before the first content. */
  readonly partial: PartialReply | undefined;
}

/** Whatever a provider threw, as the error that its caller gets. */
export function explainFailure(
  thrown: unknown,
  { provider, model, request, call, partial }: FailureFacts,
): unknown {
  if (typeof thrown === "object" && thrown !== null && EXHAUSTED in thrown) return thrown;
  const error =
    thrown instanceof ChatError
      ? thrown
      : new ChatError("contract", `stream() threw ${describe(thrown)}, expected a ChatError`, {
          cause: thrown,
        });
  const committed = partial !== undefined;
  const prompts = createPromptRedactor(request.messages.map((message) => messageText(message)));
  const redactor = (text: string): string => prompts(call.redactor?.(text) ?? text);
  // a connection lost after the first content leaves an answer without its end
  const code = committed && error.code === "network" ? "interrupted" : error.code;
  return amendError(error, {
    code,
    message: redactor(error.message),
    provider: error.provider ?? provider.id,
    model: error.model ?? model,
    phase: committed ? "committed" : (error.phase ?? call.phase),
    partial,
    cause: error.cause === undefined ? undefined : redactedCause(error.cause, redactor),
  });
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : `a ${thrown === null ? "null" : typeof thrown}`;
}
