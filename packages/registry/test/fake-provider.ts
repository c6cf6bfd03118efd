import type {
  ChatError,
  ChatProvider,
  ChatRequest,
  Phase,
  ProviderCard,
  StreamPart,
} from "@fallthrough/core";
import { callOf } from "@fallthrough/core/internal";

/** What a fake provider does in one call: its parts, then perhaps an error or silence until the abort. */
export type Turn = readonly (StreamPart | ChatError | "silence")[];

/** A provider in memory that records what it was asked. */
export interface FakeProvider extends ChatProvider {
  readonly requests: ChatRequest[];
  /** Calls whose stream was entered and not left yet. */
  readonly open: number;
}

/** The n-th turn for the n-th call, and the last for all later. */
export function fakeProvider(
  id: string,
  turns: readonly Turn[],
  card: Partial<ProviderCard> = {},
): FakeProvider {
  const requests: ChatRequest[] = [];
  let open = 0;

  return {
    specificationVersion: 1,
    id,
    name: id.toUpperCase(),
    status: { state: "active", checked: "2026-01-01" },
    models: [{ id: `${id}-model` }],
    ...card,
    requests,
    get open() {
      return open;
    },
    async *stream(request) {
      const turn = turns[requests.length] ?? turns.at(-1) ?? [];
      requests.push(request);
      open++;
      try {
        for (const step of turn) {
          if (step instanceof Error) throw step;
          if (step === "silence") await aborted(request.signal);
          else yield step;
        }
      } finally {
        open--;
      }
    },
  };
}

/** A turn that answers with these deltas. */
export function answer(...deltas: readonly string[]): Turn {
  return [...content(...deltas), { type: "finish", finishReason: "stop" }];
}

/** Deltas without an end. */
export function content(...deltas: readonly string[]): Turn {
  return deltas.map((delta) => ({ type: "text-delta", delta }));
}

/** A request without anything but its question. */
export const QUESTION: ChatRequest = { messages: [{ role: "user", content: "What is it?" }] };

/** Sets what an HTTP client would tell the guard. */
export function inPhase(phase: Phase, provider: ChatProvider): ChatProvider {
  return {
    ...provider,
    stream(request) {
      const call = callOf(request.signal);
      if (call !== undefined) call.phase = phase;
      return provider.stream(request);
    },
  };
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
