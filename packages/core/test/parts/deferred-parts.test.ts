import { expect, test, vi } from "vitest";
import type { StreamPart } from "../../src/contract/contract.ts";
import { relay } from "../../src/parts/deferred-parts.ts";
import { type PartIterator, TAKE } from "../../src/parts/take.ts";
import { collect, FINISH, failing, iterable, reasonOf, text } from "../providers.ts";

const DONE = { done: true, value: undefined };

async function* generated(): AsyncGenerator<StreamPart> {
  yield* text("a");
  yield FINISH;
}

test("the parts are those of the stream that is opened with the first reading", async () => {
  const open = vi.fn(async () => generated());
  const parts = relay(open);

  expect(open).not.toHaveBeenCalled();
  expect(await collect(parts)).toEqual([...text("a"), FINISH]);
  expect(open).toHaveBeenCalledOnce();
});

test("what has come is taken from the stream itself", async () => {
  const ready: PartIterator = { next: async () => ({ done: true, value: undefined }), [TAKE]: () => FINISH };
  const parts: PartIterator = relay(async () => ({ [Symbol.asyncIterator]: () => ready }));

  expect(parts[TAKE]?.()).toBeUndefined();
  await parts.next();

  expect(parts[TAKE]?.()).toBe(FINISH);
});

test("a failure of either comes out, once", async () => {
  const broken = new Error("broken");
  const failed = relay(async () => Promise.reject(broken));

  expect(await reasonOf(collect(failed))).toBe(broken);
  expect(await failed.next()).toEqual(DONE);
  expect(await reasonOf(collect(relay(async () => failing(broken))))).toBe(broken);
});

test("readers that do not wait for each other share one stream", async () => {
  const open = vi.fn(async () => generated());
  const parts = relay(open);

  const results = await Promise.all([parts.next(), parts.next(), parts.next()]);

  expect(results.map(({ value }) => value)).toEqual([...text("a"), FINISH, undefined]);
  expect(open).toHaveBeenCalledOnce();
});

test("leaving closes the stream, also one that comes too late, and opens none", async () => {
  let closed = 0;
  const rest = iterable(
    async () => ({ done: false, value: FINISH }),
    () => closed++,
  );
  const late = relay(() => new Promise((resolve) => setImmediate(() => resolve(rest))));

  const waiting = late.next();
  await late.return?.();
  expect(await waiting).toEqual(DONE);
  expect(closed).toBe(1);

  const open = relay(async () => rest);
  await open.next();
  await open.return?.();
  expect(closed).toBe(2);

  const never = vi.fn(async () => rest);
  const unread = relay(never);
  await unread.return?.();
  expect(await unread.next()).toEqual(DONE);
  expect(never).not.toHaveBeenCalled();
});
