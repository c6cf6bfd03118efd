/** What a service does with one prompt; times are milliseconds. */
export type Behaviour =
  /** Answers: the first text after `firstMs`, the end after `ms`. */
  | { readonly kind: "answer"; readonly firstMs: number; readonly ms: number }
  /** Fails after `afterMs`, before any text. */
  | ({ readonly kind: "failure"; readonly afterMs: number } & Failure)
  /** Sends nothing, or an event without text after `eventMs`, and is silent until the caller leaves. */
  | { readonly kind: "silence"; readonly eventMs?: number | undefined }
  /** Sends text after `firstMs`, and is silent until the caller leaves. */
  | { readonly kind: "stop"; readonly firstMs: number };

/** What a service, or this machine, says of a failure. */
export interface Failure {
  /** A code of a `ChatError`. */
  readonly code: "network" | "server" | "rate-limit" | "auth" | "not-found";
  readonly status?: number | undefined;
  /** What the server asked for. */
  readonly retryAfterMs?: number | undefined;
  /** The error code of this machine's system calls. */
  readonly systemCode?: string | undefined;
}

/** One thing that a service sends. */
export type Piece = "event" | "text";

/** Thrown by a service that fails. */
export class ServiceFailure extends Error {
  override readonly name: string = "ServiceFailure";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`${failure.code} ${failure.systemCode ?? failure.status ?? ""}`.trim());
    this.failure = failure;
  }
}

/** At least one piece of text comes in so many milliseconds of an answer. */
export const LONGEST_GAP_MS = 10_000;

/** Told of the moments of an answer. */
interface Moments {
  /** Its head has come, of an answer or of a refusal. */
  onHead(): void;
  /** It is over, however it ended. */
  onEnd(): void;
}

/** What a service sends that behaves so; ends where the answer is whole. */
export async function* perform(
  behaviour: Behaviour,
  signal: AbortSignal,
  { onHead, onEnd }: Moments,
): AsyncGenerator<Piece, void> {
  const pauses = createPauses(signal);
  try {
    switch (behaviour.kind) {
      case "answer": {
        await pauses.wait(behaviour.firstMs);
        onHead();
        yield "text";
        for (let left = behaviour.ms - behaviour.firstMs; left > 0; left -= LONGEST_GAP_MS) {
          await pauses.wait(Math.min(left, LONGEST_GAP_MS));
          yield "text";
        }
        return;
      }
      case "failure":
        await pauses.wait(behaviour.afterMs);
        onHead();
        throw new ServiceFailure(behaviour);
      case "silence":
        if (behaviour.eventMs !== undefined) {
          await pauses.wait(behaviour.eventMs);
          onHead();
          yield "event";
        }
        return await pauses.wait(undefined);
      case "stop":
        await pauses.wait(behaviour.firstMs);
        onHead();
        yield "text";
        return await pauses.wait(undefined);
    }
  } finally {
    pauses.end();
    onEnd();
  }
}

interface Pauses {
  /** Waits so long, or for ever; rejects when the caller leaves. */
  wait(ms: number | undefined): Promise<void>;
  end(): void;
}

function createPauses(signal: AbortSignal): Pauses {
  let timer: NodeJS.Timeout | undefined;
  let reject: (reason: unknown) => void = () => {};
  function leave(): void {
    clearTimeout(timer);
    reject(signal.reason);
  }
  signal.addEventListener("abort", leave);
  return {
    wait: (ms) =>
      new Promise((resolve, rejectWait) => {
        if (signal.aborted) return rejectWait(signal.reason);
        reject = rejectWait;
        if (ms !== undefined) timer = setTimeout(resolve, ms);
      }),
    end: () => signal.removeEventListener("abort", leave),
  };
}
