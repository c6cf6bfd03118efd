import { setTimeout as delay } from "node:timers/promises";
import type { ChatError, ChatProvider, ChatRequest, ModelCard, StreamPart } from "@fallthrough/core";
import { createRegistry, type Registry } from "@fallthrough/registry";
import * as six from "ai";

/** What a provider in memory does in one call: its parts, errors, silence until the abort. */
export type Turn = Iterable<StreamPart | ChatError | "silence">;

/** A provider in memory that tells what it was asked. */
export interface MemoryProvider extends ChatProvider {
  readonly requests: ChatRequest[];
}

/** A provider that plays the same turn in each call, or what a function gives. */
export function memoryProvider(
  id: string,
  turn: Turn | ((request: ChatRequest) => Turn),
  models: readonly ModelCard[] = [{ id: "model" }],
): MemoryProvider {
  const requests: ChatRequest[] = [];
  return {
    specificationVersion: 1,
    id,
    name: id,
    status: { state: "active", checked: "2026-01-01" },
    models,
    requests,
    async *stream(request) {
      requests.push(request);
      for (const step of typeof turn === "function" ? turn(request) : turn) {
        if (step instanceof Error) throw step;
        // longer than any test: the abort of the call ends it
        if (step === "silence") await delay(60_000, undefined, { signal: request.signal });
        else yield step;
      }
    },
  };
}

/** Text, and then the end of the answer. */
export function answer(...deltas: readonly string[]): StreamPart[] {
  return [...text(...deltas), { type: "finish", finishReason: "stop" }];
}

/** Text alone. */
export function text(...deltas: readonly string[]): StreamPart[] {
  return deltas.map((delta) => ({ type: "text-delta", delta }));
}

/** A registry over these providers alone. */
export function registryOf(...providers: readonly ChatProvider[]): Registry {
  return createRegistry({ providers });
}

/** The majors of the AI SDK that run here; 7 wants a newer Node.js than 6. */
export const MAJORS: readonly (readonly [major: number, sdk: typeof six])[] = [
  [6, six],
  ...(Number.parseInt(process.versions.node, 10) < 22
    ? []
    : [[7, (await import("ai7")) as unknown as typeof six] as const]),
];

// it prints every warning, also those that a test is about
globalThis.AI_SDK_LOG_WARNINGS = false;

/** Everything that a stream gives. */
export async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const collected: Value[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

/** What this rejects with. */
export async function reasonOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("nothing was thrown");
    },
    (reason: unknown) => reason,
  );
}

/** Resolves when `condition` holds; rejects after a second. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 1_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`this never came true: ${condition}`);
    // a short time between two looks at the condition
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
