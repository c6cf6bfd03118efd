import { setTimeout as delay } from "node:timers/promises";
import type { ChatError, ChatProvider, ChatRequest, ModelCard, StreamPart } from "@fallthrough/core";
import { createRegistry, type Registry } from "@fallthrough/registry";
import type { Gateway } from "../src/index.ts";

/** What a provider in memory does in one call: its parts, errors, pauses in milliseconds, silence until the abort. */
export type Turn = Iterable<StreamPart | ChatError | number | "silence">;

/** A provider in memory that tells what it was asked. */
export interface MemoryProvider extends ChatProvider {
  readonly requests: ChatRequest[];
  /** Parts that were taken of all its streams. */
  readonly taken: number;
  /** Streams that were entered and not left yet. */
  readonly open: number;
}

/** A provider that plays the same turn in each call. */
export function memoryProvider(
  id: string,
  turn: Turn | ((request: ChatRequest) => Turn),
  models: readonly ModelCard[] = [{ id: "model" }],
): MemoryProvider {
  const requests: ChatRequest[] = [];
  const counts = { taken: 0, open: 0 };
  return {
    specificationVersion: 1,
    id,
    name: id,
    status: { state: "active", checked: "2026-01-01" },
    models,
    requests,
    get taken() {
      return counts.taken;
    },
    get open() {
      return counts.open;
    },
    async *stream(request) {
      requests.push(request);
      counts.open++;
      try {
        for (const step of typeof turn === "function" ? turn(request) : turn) {
          if (step instanceof Error) throw step;
          // longer than any test: the abort of the call ends it
          if (step === "silence") await delay(60_000, undefined, { signal: request.signal });
          else if (typeof step === "number") await delay(step, undefined, { signal: request.signal });
          else {
            counts.taken++;
            yield step;
          }
        }
      } finally {
        counts.open--;
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

export const MESSAGES: readonly { readonly role: string; readonly content: string }[] = [
  { role: "user", content: "What is it?" },
];

/** Posts a completion to the handler; what stands in `body` goes over a plain question. */
export function post(
  { fetch }: Gateway,
  body: object = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(
    new Request("http://127.0.0.1:8787/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ messages: MESSAGES, ...body }),
    }),
  );
}

/** The data of a stream's events; the end marker stays text. */
export function eventsOf(stream: string): readonly (Record<string, unknown> | string)[] {
  return stream.split("\n\n").flatMap((event) => {
    if (!event.startsWith("data: ")) return [];
    const data = event.slice("data: ".length);
    return [data === "[DONE]" ? data : JSON.parse(data)];
  });
}

/** The text of a stream's deltas, joined. */
export function textOf(stream: string): string {
  const deltas = eventsOf(stream) as { choices?: { delta?: { content?: string } }[] }[];
  return deltas.map(({ choices }) => choices?.[0]?.delta?.content ?? "").join("");
}
