import { EventEmitter, once } from "node:events";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { StreamPart } from "../../src/contract/contract.ts";
import { ChatError } from "../../src/errors/chat-error.ts";
import { createToy, FINISH, guarded, messages } from "../providers.ts";
import { TRIALS, TRIALS_MS } from "./trials.ts";

const TIMEOUT_MS = 30;
const REASON = new Error("the caller's own reason");

/** What happens in one turn of the event loop, with so many turns of the microtask queue after each. */
const tick = fc
  .shuffledSubarray(["abort", "timeout", "delta"] as const, { minLength: 1 })
  .chain((happenings) =>
    fc.tuple(
      fc.constant(happenings),
      fc.array(fc.nat(4), { minLength: happenings.length, maxLength: happenings.length }),
    ),
  );

/** A provider that gives its delta and its end when it is told to. */
function createTold(): {
  readonly stream: () => AsyncIterable<StreamPart>;
  delta(): unknown;
  finish(): unknown;
} {
  const told = new EventEmitter();
  const [delta, finish] = [once(told, "delta"), once(told, "finish")];
  return {
    async *stream() {
      await delta;
      yield { type: "text-delta", delta: "x" };
      await finish;
      yield FINISH;
    },
    delta: () => told.emit("delta"),
    finish: () => told.emit("finish"),
  };
}

test(
  "an abort, a timeout and the first delta in one tick have one outcome: abort wins, then content",
  async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      await fc.assert(
        fc.asyncProperty(tick, async ([happenings, turns]) => {
          const told = createTold();
          const controller = new AbortController();
          const timeouts = { firstChunkMs: TIMEOUT_MS };
          const outcomes: unknown[] = [];
          const parts = guarded(createToy(told.stream), { messages, signal: controller.signal, timeouts });
          const reading = (async () => {
            for await (const _ of parts);
          })().then(
            () => outcomes.push("answered"),
            (reason: unknown) => outcomes.push(reason instanceof ChatError ? reason.code : reason),
          );
          const happen = {
            abort: () => controller.abort(REASON),
            timeout: () => vi.advanceTimersByTime(TIMEOUT_MS),
            delta: told.delta,
          };

          for (const [index, happening] of happenings.entries()) {
            happen[happening]();
            for (let turn = 0; turn < (turns[index] ?? 0); turn++) await undefined;
          }
          await new Promise((resolve) => setImmediate(resolve));
          told.finish();
          await reading;

          const first = (["abort", "delta", "timeout"] as const).find((one) => happenings.includes(one));
          expect(outcomes).toEqual([
            { abort: REASON, delta: "answered", timeout: "timeout" }[first ?? "abort"],
          ]);
          expect(vi.getTimerCount()).toBeLessThanOrEqual(first === "delta" ? 1 : 0);
        }),
        TRIALS,
      );
    } finally {
      vi.useRealTimers();
    }
  },
  TRIALS_MS,
);
