import { expect, test } from "vitest";
import { share } from "../src/share.ts";

function createLoad() {
  const runs: { signal: AbortSignal; resolve(value: string): void; reject(reason: unknown): void }[] = [];
  const load = share<string>(
    (signal) => new Promise((resolve, reject) => runs.push({ signal, resolve, reject })),
  );
  return { runs, load };
}

test("concurrent callers share one run", async () => {
  const { runs, load } = createLoad();

  const values = [load(undefined), load(undefined)];
  runs[0]?.resolve("one");

  expect(await Promise.all(values)).toEqual(["one", "one"]);
  expect(runs).toHaveLength(1);
});

test("a later caller has a run of its own", async () => {
  const { runs, load } = createLoad();
  const first = load(undefined);
  runs[0]?.resolve("one");
  await first;

  const second = load(undefined);
  runs[1]?.resolve("two");

  expect(await second).toBe("two");
});

test("a failure reaches every caller and is not kept", async () => {
  const { runs, load } = createLoad();
  const values = [load(undefined), load(undefined)];
  const reason = new Error("broken");
  runs[0]?.reject(reason);

  expect(await Promise.allSettled(values)).toEqual([
    { status: "rejected", reason },
    { status: "rejected", reason },
  ]);
  const again = load(undefined);
  runs[1]?.resolve("two");
  expect(await again).toBe("two");
});

test("a caller that aborts leaves alone", async () => {
  const { runs, load } = createLoad();
  const controller = new AbortController();
  const reason = new Error("gone");

  const left = load(controller.signal);
  const stayed = load(undefined);
  controller.abort(reason);

  await expect(left).rejects.toBe(reason);
  expect(runs[0]?.signal.aborted).toBe(false);
  runs[0]?.resolve("one");
  expect(await stayed).toBe("one");
});

test("the run is aborted when the last caller has left, and the next caller starts another", async () => {
  const { runs, load } = createLoad();
  const controller = new AbortController();

  const left = load(controller.signal);
  controller.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");

  expect(runs[0]?.signal.aborted).toBe(true);
  runs[0]?.reject(new Error("nobody hears this"));
  const next = load(undefined);
  runs[1]?.resolve("two");
  expect(await next).toBe("two");
});

test("a caller that has aborted before starts nothing", async () => {
  const { runs, load } = createLoad();

  await expect(load(AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
  expect(runs).toHaveLength(0);
});
