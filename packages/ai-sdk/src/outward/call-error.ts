import { ChatError } from "@fallthrough/core";
import { type ExhaustedCall, failureHeaders, isExhausted, tellFailure } from "@fallthrough/core/internal";
import type { Registry } from "@fallthrough/registry";
import { createError } from "../errors.ts";

/** The error that the AI SDK's own code, and what people build around it, knows what to do with. */
export function explainCallError(reason: unknown, registry: Registry, modelId: string): unknown {
  if (!isFailure(reason)) return reason;
  const unknown = unknownName(registry, modelId);
  if (unknown !== undefined) {
    return noSuchModel("languageModel", modelId, unknown.message);
  }
  const told = tellFailure(reason);
  const isRetryable = isWaiting(reason);
  const { message, status: statusCode, code, retryAt, retryAfterMs } = told;
  const wait = retryAfterMs === undefined ? {} : { "retry-after-ms": `${Math.max(0, retryAfterMs)}` };
  return createError("AI_APICallError", reason.message, {
    url: `fallthrough:${modelId}`,
    // the request holds the prompt, and this error is logged
    requestBodyValues: { model: modelId },
    statusCode,
    responseHeaders: { ...failureHeaders({ ...told, spent: !isRetryable }), ...wait },
    responseBody: JSON.stringify({ error: { message, code, retryAt } }),
    isRetryable,
    data: isExhausted(reason) ? { code, route: reason.route } : reason.toJSON(),
    cause: reason,
  });
}

/** Whether this is a failure of the call: an abort rejects with the caller's own reason. */
export function isFailure(reason: unknown): reason is ChatError | (Error & ExhaustedCall) {
  return reason instanceof ChatError || isExhausted(reason);
}

/** Whether nobody was asked, because everybody rests: asking again later asks nobody twice. */
function isWaiting(reason: ChatError | ExhaustedCall): boolean {
  if (!isExhausted(reason) || reason.retryAt === undefined) return false;
  return reason.route.attempts.every(({ outcome }) => outcome === "skipped");
}

/** The AI SDK's error for an unknown name. */
export function noSuchModel(modelType: string, modelId: string, message: string): Error {
  return createError("AI_NoSuchModelError", message, { modelId, modelType });
}

/** Why a name is unknown; `undefined` for a known one. */
function unknownName(registry: Registry, modelId: string): Error | undefined {
  try {
    registry.resolve(modelId);
    return undefined;
  } catch (error) {
    return error instanceof ChatError ? error : undefined;
  }
}
