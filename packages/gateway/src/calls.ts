import { Refusal } from "./refusal.ts";
import { startTimer } from "./timers.ts";

/** The calls that a gateway has in flight. */
export interface Calls {
  /** Aborted when the gateway closes. */
  readonly closing: boolean;
  /** Opens a call that ends when the client leaves; throws a refusal where there are too many */
  open(client: AbortSignal): OpenCall;
  /** Takes no more calls, and ends those that have not ended by themselves within `graceMs`; `0` waits for all of them. */
  close(graceMs: number): Promise<void>;
}

/** One call in flight. */
export interface OpenCall {
  /** Aborted when the call has to end. */
  readonly signal: AbortSignal;
  /** Ends the call. */
  abort(reason: Refusal): void;
  /** Frees its place; to be called once it is over, however it ended. */
  end(): void;
}

const CLOSING = new Refusal(503, "the gateway is shutting down", {
  code: "shutting_down",
  retryAfterMs: 1_000,
});
const FULL = new Refusal(503, "too many calls are in flight", {
  code: "too_many_calls",
  retryAfterMs: 1_000,
});

/** Room for so many calls at once. */
export function createCalls(limit: number): Calls {
  const open = new Set<OpenCall>();
  let closing = false;
  let onIdle: (() => void) | undefined;

  return {
    get closing() {
      return closing;
    },

    open(client) {
      if (closing) throw CLOSING;
      if (open.size >= limit) throw FULL;
      const controller = new AbortController();
      const leave = () => controller.abort(new Refusal(499, "the client left", { code: "client_left" }));
      if (client.aborted) leave();
      client.addEventListener("abort", leave);
      const call: OpenCall = {
        signal: controller.signal,
        abort: (reason) => controller.abort(reason),
        end() {
          client.removeEventListener("abort", leave);
          open.delete(call);
          if (open.size === 0) onIdle?.();
        },
      };
      open.add(call);
      return call;
    },

    async close(graceMs) {
      closing = true;
      if (open.size === 0) return;
      const idle = new Promise<void>((resolve) => {
        onIdle = resolve;
      });
      const timer = startTimer(graceMs, () => {
        for (const call of open) call.abort(CLOSING);
      });
      await idle;
      clearTimeout(timer);
    },
  };
}
