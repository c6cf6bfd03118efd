import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { abortReason, ignoreAbort, listenToAbort } from "../../src/guard/abort-listeners.ts";

/** A signal that has the interface and nothing that Node.js knows, as jsdom and `abort-controller` make them. */
class ForeignSignal {
  aborted = false;
  readonly reason: unknown = undefined;
  readonly listeners: (() => void)[] = [];

  addEventListener(_: string, listener: () => void): void {
    this.listeners.push(listener);
  }

  removeEventListener(_: string, listener: () => void): void {
    this.listeners.splice(this.listeners.indexOf(listener), 1);
  }

  abort(): void {
    this.aborted = true;
    for (const listener of [...this.listeners]) listener();
  }
}

function foreign(): ForeignSignal & AbortSignal {
  return new ForeignSignal() as unknown as ForeignSignal & AbortSignal;
}

test("a signal has one listener, however many there are for it", () => {
  const signal = foreign();
  const told: string[] = [];
  const listeners = ["a", "b", "c"].map((name) => () => void told.push(name));
  for (const listener of listeners) listenToAbort(signal, listener);
  ignoreAbort(signal, listeners[0] as () => void);

  expect(signal.listeners).toHaveLength(1);
  signal.abort();
  signal.abort();

  expect(told.sort()).toEqual(["b", "c"]);
});

test("the last that stops listening leaves nothing on the signal", () => {
  const signal = foreign();
  const listener = () => {};

  for (let round = 0; round < 2; round++) {
    listenToAbort(signal, listener);
    ignoreAbort(signal, listener);
    ignoreAbort(signal, listener);
    expect(signal.listeners).toEqual([]);
  }
});

test("whoever stops listening, or never listened, takes no other off", () => {
  const told: string[] = [];
  const [a, b, c, stranger] = ["a", "b", "c", "stranger"].map((name) => () => void told.push(name)) as [
    () => void,
    () => void,
    () => void,
    () => void,
  ];
  const { signal, abort } = aborting();
  for (const listener of [a, b, c]) listenToAbort(signal, listener);

  ignoreAbort(signal, stranger);
  ignoreAbort(signal, c);
  ignoreAbort(signal, a);
  ignoreAbort(signal, a);
  ignoreAbort(new AbortController().signal, b);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  abort();

  expect(told).toEqual(["b"]);
});

test("a signal of Node.js keeps no listener once nobody listens", () => {
  const { signal } = aborting();
  const listener = (): void => {};

  listenToAbort(signal, listener);
  ignoreAbort(signal, listener);

  expect(getEventListeners(signal, "abort")).toEqual([]);
});

function aborting(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

test("a signal that gives no reason aborted as one of Node.js does by itself", () => {
  expect(abortReason(foreign())).toMatchObject({
    name: "AbortError",
    message: "This operation was aborted",
  });
  expect(abortReason(AbortSignal.abort(null))).toBeNull();
});
