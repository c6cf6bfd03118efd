import { expect, test } from "vitest";
import type { StreamPart } from "../src/contract.ts";
import { relay } from "../src/relay.ts";
import { type PartIterator, TAKE } from "../src/take.ts";
import { collect, FINISH, failing, iterable, reasonOf, text } from "./providers.ts";

type Opening = AsyncGenerator<StreamPart, AsyncIterable<StreamPart> | undefined>;

async function* opening(rest: AsyncIterable<StreamPart> | undefined): Opening {
  yield* text("a");
  return rest;
}

async function* generated(): AsyncGenerator<StreamPart> {
  yield* text("b");
  yield FINISH;
}

test("the parts of the generator come before those of the stream that it returns", async () => {
  expect(await collect(relay(opening(generated())))).toEqual([...text("a", "b"), FINISH]);
  expect(await collect(relay(opening(undefined)))).toEqual(text("a"));
});

test("what has come is taken from the stream itself", async () => {
  const ready: PartIterator = { next: async () => ({ done: true, value: undefined }), [TAKE]: () => FINISH };
  const parts: PartIterator = relay(opening({ [Symbol.asyncIterator]: () => ready }));

  expect(parts[TAKE]?.()).toBeUndefined();
  await parts.next();
  await parts.next();

  expect(parts[TAKE]?.()).toBe(FINISH);
});

test("a failure of either comes out", async () => {
  const broken = new Error("broken");
  const fails = async function* (): Opening {
    yield* text();
    throw broken;
  };

  expect(await reasonOf(collect(relay(fails())))).toBe(broken);
  expect(await reasonOf(collect(relay(opening(failing(broken)))))).toBe(broken);
});

test("leaving closes whichever is open, also a stream that comes too late", async () => {
  let closed = 0;
  const rest = iterable(
    async () => ({ done: false, value: FINISH }),
    () => closed++,
  );
  const late = relay({
    next: () => new Promise((resolve) => setImmediate(() => resolve({ done: true, value: rest }))),
  });

  const waiting = late.next();
  await late.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(closed).toBe(1);

  const open = relay(opening(rest));
  await open.next();
  await open.next();
  await open.return?.();
  expect(closed).toBe(2);
});
