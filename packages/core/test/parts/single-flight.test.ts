import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { type Call, callOf, openCall } from "../../src/guard/call-context.ts";
import { singleFlight } from "../../src/parts/single-flight.ts";

test("callers that come while a task runs share its run", async () => {
  let runs = 0;
  const ask = singleFlight(async () => ++runs);

  const values = await Promise.all([ask(undefined), ask(undefined)]);

  expect(values).toEqual([1, 1]);
  expect(await ask(undefined)).toBe(2);
});

test("a run belongs to the call that began it", async () => {
  const call: Call = { phase: "connect", exchanges: 0, connectMs: 5, route: { attempts: [] } };
  const { signal } = new AbortController();
  openCall(signal, call);

  const found = await singleFlight(async (own) => callOf(own))(signal);

  expect(found).toBe(call);
});

test("a caller that aborts leaves alone", async () => {
  const { promise, resolve } = deferred();
  const leaver = new AbortController();
  const ask = singleFlight(() => promise);
  const left = ask(leaver.signal);
  const stayed = ask(new AbortController().signal);

  leaver.abort("gone");
  await expect(left).rejects.toBe("gone");
  resolve("answer");

  expect(await stayed).toBe("answer");
});

test("the run is aborted when the last caller has left, and the next caller starts another", async () => {
  const signals: AbortSignal[] = [];
  const ask = singleFlight((signal) => {
    signals.push(signal);
    return signals.length === 1 ? new Promise<string>(() => {}) : Promise.resolve("answer");
  });
  const first = new AbortController();
  const second = new AbortController();
  const calls = Promise.allSettled([ask(first.signal), ask(second.signal)]);

  first.abort();
  expect(signals[0]?.aborted).toBe(false);
  second.abort();
  await calls;

  expect(signals[0]?.aborted).toBe(true);
  expect(await ask(undefined)).toBe("answer");
});

test("a run that everybody left and that ends later does not end the sharing of the next", async () => {
  const ends: ((value: string) => void)[] = [];
  const ask = singleFlight(
    () =>
      new Promise<string>((resolve) => {
        ends.push(resolve);
      }),
  );
  const leaver = new AbortController();
  const left = ask(leaver.signal);
  leaver.abort("gone");
  await expect(left).rejects.toBe("gone");
  const first = ask(undefined);

  ends[0]?.("old");
  // the turn in which the old run would be forgotten
  await new Promise((resolve) => setImmediate(resolve));
  const second = ask(undefined);
  ends[1]?.("new");

  expect(await Promise.all([first, second])).toEqual(["new", "new"]);
  expect(ends).toHaveLength(2);
});

test("a run without a call belongs to none, and leaves no listener on the signal of its caller", async () => {
  const { signal } = new AbortController();

  const found = await singleFlight(async (own) => [callOf(own), getEventListeners(signal, "abort").length])(
    signal,
  );

  expect(found[0]).toBeUndefined();
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("a caller that has aborted already starts nothing", async () => {
  let runs = 0;
  const ask = singleFlight(async () => ++runs);

  await expect(ask(AbortSignal.abort("gone"))).rejects.toBe("gone");

  expect(runs).toBe(0);
});

test("a failure reaches all who wait, and is not kept", async () => {
  let runs = 0;
  const ask = singleFlight(async () => {
    if (++runs === 1) throw new Error("once");
    return runs;
  });

  const outcomes = await Promise.allSettled([ask(undefined), ask(undefined)]);

  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await ask(undefined)).toBe(2);
});

function deferred(): { readonly promise: Promise<string>; readonly resolve: (value: string) => void } {
  let resolve: (value: string) => void = () => {};
  const promise = new Promise<string>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
