import { Refusal } from "./refusal.ts";
import { startTimer } from "./timers.ts";

/** The calls that a gateway has in flight. */
export interface Calls {
  /** Whether no further call is taken. */
  readonly closing: boolean;
  /** Opens a call that ends when the client leaves; throws a refusal where there are too many */
  open(client: AbortSignal): OpenCall;
  /** Takes no more calls, and ends those that have not ended by themselves within `graceMs`; `0` waits for all of them. */
  close(graceMs: number): Promise<void>;
  /** Resolves when no call is in flight. */
  idle(): Promise<void>;
}

/** One call: first its body is read, then it has a place among those in flight. */
export interface OpenCall {
  /** Aborted when the client leaves and when the gateway gives the call up. */
  readonly signal: AbortSignal;
  /** Ends the call. */
  abort(reason: Refusal): void;
  /** Counts bytes of the body until the call ends; throws a refusal where the bodies of all calls are too large together */
  hold(bytes: number): void;
  /** Takes a place; throws a refusal when every place is taken */
  begin(): void;
  /** Frees its place and its bytes; to be called once it is over, however it ended. */
  end(): void;
}

/** How much is in flight at once. */
export interface CallLimits {
  /** Calls that have a place at once. */
  readonly maxCalls: number;
  /** Bytes of the bodies of all calls together. */
  readonly bodyBytes: number;
}

const CLOSING = new Refusal(503, "the gateway is shutting down", {
  code: "shutting_down",
  retryAfterMs: 1_000,
});
const FULL = new Refusal(503, "too many calls are in flight", {
  code: "too_many_calls",
  retryAfterMs: 1_000,
});
const HEAVY = new Refusal(503, "the bodies of all calls in flight are too large together", {
  code: "too_many_bytes",
  retryAfterMs: 1_000,
});

/** Room for so many calls at once. */
export function createCalls({ maxCalls, bodyBytes }: CallLimits): Calls {
  const open = new Set<OpenCall>();
  let begun = 0;
  let heldInAll = 0;
  let closing = false;
  let onIdle: (() => void) | undefined;

  async function idle(): Promise<void> {
    if (open.size === 0) return;
    await new Promise<void>((resolve) => {
      const before = onIdle;
      onIdle = () => {
        before?.();
        resolve();
      };
    });
  }

  return {
    get closing() {
      return closing;
    },

    open(client) {
      if (closing) throw CLOSING;
      // the body of a call that cannot be taken need not be read
      if (begun >= maxCalls) throw FULL;
      const controller = new AbortController();
      const leave = () => controller.abort(new Refusal(499, "the client left", { code: "client_left" }));
      if (client.aborted) leave();
      client.addEventListener("abort", leave);
      let held = 0;
      let hasPlace = false;
      const call: OpenCall = {
        signal: controller.signal,
        abort: (reason) => controller.abort(reason),
        hold(bytes) {
          if (heldInAll + bytes > bodyBytes) throw HEAVY;
          held += bytes;
          heldInAll += bytes;
        },
        begin() {
          if (begun >= maxCalls) throw FULL;
          hasPlace = true;
          begun++;
        },
        end() {
          if (!open.delete(call)) return;
          client.removeEventListener("abort", leave);
          heldInAll -= held;
          if (hasPlace) begun--;
          if (open.size === 0) {
            onIdle?.();
            onIdle = undefined;
          }
        },
      };
      open.add(call);
      return call;
    },

    async close(graceMs) {
      closing = true;
      const timer = startTimer(graceMs, () => {
        for (const call of open) call.abort(CLOSING);
      });
      await idle();
      clearTimeout(timer);
    },

    idle,
  };
}
