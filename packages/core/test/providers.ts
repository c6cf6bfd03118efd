import type {
  ChatMessage,
  ChatProvider,
  ChatRequest,
  ProviderCard,
  StreamPart,
} from "../src/contract/contract.ts";
import { ChatError } from "../src/errors/chat-error.ts";
import { guard } from "../src/guard/guard.ts";
import { createPartReader, type PartReader } from "../src/parts/part-reader.ts";

/** The messages of a request that is about nothing. */
export const messages: ChatMessage[] = [{ role: "user", content: "hi" }];
/** The end of an answer. */
export const FINISH: StreamPart = { type: "finish", finishReason: "stop" };

/** A provider that streams what this function gives. */
export function createToy(
  stream: (request: ChatRequest) => AsyncIterable<StreamPart>,
  card: Partial<ProviderCard> = {},
): ChatProvider {
  return {
    specificationVersion: 1,
    id: "toy",
    name: "Toy",
    status: { state: "active", checked: "2026-01-01" },
    models: [{ id: "toy-1" }],
    ...card,
    stream,
  };
}

/** A provider that gives these parts, one after the other. */
export function createScripted(...parts: readonly unknown[]): ChatProvider {
  return createToy(async function* () {
    yield* parts as readonly StreamPart[];
  });
}

/** Several deltas of text. */
export function text(...deltas: readonly string[]): StreamPart[] {
  return deltas.map((delta) => ({ type: "text-delta", delta }));
}

/** A stream made by hand, for what no generator does. */
export function iterable(
  next: () => Promise<IteratorResult<StreamPart>>,
  onReturn: () => void = () => {},
): AsyncIterable<StreamPart> {
  const iterator = {
    next,
    return() {
      onReturn();
      return Promise.resolve({ done: true, value: undefined } as const);
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** A stream that fails before its first part. */
export function failing(reason: unknown): AsyncIterable<StreamPart> {
  return iterable(() => Promise.reject(reason));
}

/** The parts of a guarded call. */
export function guarded(...call: Parameters<typeof guard>): PartReader<StreamPart> {
  return createPartReader(guard(...call), (part) => part);
}

/** Everything that an iterable gives. */
export async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const collected: Value[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

/** What this rejects with. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("nothing was thrown");
    },
    (reason: unknown) => reason,
  );
}

/** The `ChatError` that this rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<ChatError> {
  const reason = await reasonOf(promise);
  if (reason instanceof ChatError) return reason;
  throw reason;
}

/** The `ChatError` that this throws at once. */
export function thrownBy(task: () => unknown): ChatError {
  try {
    task();
  } catch (error) {
    if (error instanceof ChatError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Resolves when `condition` holds; rejects after 250 ms. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 250;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`this never came true: ${condition}`);
    // a short time between two looks at the condition
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
