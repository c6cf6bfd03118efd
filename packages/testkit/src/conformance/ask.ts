import { ChatError, type ChatProvider, type ChatRequest, type StreamPart } from "@fallthrough/core";

/** What the suite asks, made anew each time: a provider that changes it changes it for nobody else. */
export function question(): ChatRequest {
  return { messages: [{ role: "user", content: "What is the answer?" }] };
}

/** Longer than a good provider takes on a busy machine. */
const PATIENCE_MS = 2000;

/** The stream of a provider by itself, without the guard that core puts around it and that chooses its first model. */
export function ownStream(provider: ChatProvider, request: ChatRequest): AsyncIterable<StreamPart> {
  return provider.stream({ ...request, model: request.model ?? provider.models[0]?.id });
}

/** All parts of that stream. */
export async function readParts(provider: ChatProvider, request: ChatRequest): Promise<StreamPart[]> {
  const parts: StreamPart[] = [];
  for await (const part of ownStream(provider, request)) parts.push(part);
  return parts;
}

/** What a promise is rejected with; fails where it is not, or not in time. */
export async function reasonOf(
  promise: Promise<unknown>,
  what: string,
  ms: number = PATIENCE_MS,
): Promise<unknown> {
  const outcome = promise.then(
    (value) => ({ value }),
    (reason: unknown) => ({ reason }),
  );
  const settled = await inTime(outcome, `${what} did not end`, ms);
  if ("reason" in settled) return settled.reason;
  throw new Error(`${what} succeeded with ${JSON.stringify(settled.value)}, expected a failure`);
}

/** The same for a failure of ours. */
export async function failureOf(
  promise: Promise<unknown>,
  what: string,
  ms: number = PATIENCE_MS,
): Promise<ChatError> {
  const reason = await reasonOf(promise, what, ms);
  if (reason instanceof ChatError) return reason;
  throw new Error(`${what} failed with ${String(reason)}, expected a ChatError`);
}

/** The value of a promise that settles in time. */
export async function inTime<Value>(
  promise: Promise<Value>,
  problem: string,
  ms: number = PATIENCE_MS,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${problem} within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
