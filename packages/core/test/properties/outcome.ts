import { inspect, types } from "node:util";
import fc, { type Arbitrary, type Parameters } from "fast-check";
import { expect } from "vitest";
import { ChatError } from "../../src/errors/chat-error.ts";

/** How a call ended. */
export interface Outcome {
  /** The code of its error; absent where there was an answer. */
  readonly code?: string | undefined;
  /** The message of its error. */
  readonly message: string;
}

/** How this ends; @throws where that is neither a value nor a `ChatError` that says what was wrong */
export async function clearOutcome(run: () => unknown): Promise<Outcome> {
  try {
    await run();
  } catch (thrown) {
    return outcomeOf(thrown);
  }
  return { message: "" };
}

function outcomeOf(thrown: unknown): Outcome {
  if (!(thrown instanceof ChatError)) throw new Error(`expected a ChatError, got ${shown(thrown)}`);
  const { code, message } = thrown;
  expect(message).not.toBe("");
  expect(message.length).toBeLessThan(500);
  // another copy of the error, a log, a worker
  JSON.stringify(thrown);
  structuredClone(thrown.toJSON());
  return { code, message };
}

/** A value that may throw when it is looked at. */
function shown(value: unknown): string {
  return types.isProxy(value) ? "a proxy" : inspect(value, { getters: false });
}

/**
 * Tries a property, and that nothing of its calls is left: no rejection that nobody handles, no timer.
 */
export async function checkErrors<Value>(
  values: Arbitrary<Value>,
  check: (value: Value) => Promise<void>,
  parameters: Parameters<[Value]>,
): Promise<void> {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  const timers = runningTimers();
  try {
    await fc.assert(fc.asyncProperty(values, check), parameters);
    // a rejection is found unhandled one turn later
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
    expect(runningTimers()).toBeLessThanOrEqual(timers);
  } finally {
    process.off("unhandledRejection", onUnhandled);
  }
}

/** Timers that keep the process alive. */
function runningTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}
