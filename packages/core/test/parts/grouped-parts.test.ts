import { expect, test } from "vitest";
import type { StreamPart } from "../../src/contract/contract.ts";
import { type GroupReader, listParts, partsOf } from "../../src/parts/grouped-parts.ts";
import type { ServerSentEvent } from "../../src/parts/sse.ts";
import { ENDED, type PartIterator, TAKE } from "../../src/parts/take.ts";
import { heapGrowth, largeText } from "../garbage.ts";
import { collect, FINISH, reasonOf, text } from "../providers.ts";

const GROUPS = [["a", "b"], [], ["c", "end", "d"]];
const read: GroupReader = (events, parts) => {
  for (const { data } of events ?? []) {
    if (data === "broken") throw new Error("broken");
    parts.push(...(data === "end" ? [FINISH] : text(data)));
    if (data === "end") return true;
  }
  return events === undefined;
};

let closed = 0;

async function* arriving(groups: readonly (readonly string[])[]): AsyncGenerator<ServerSentEvent[]> {
  try {
    for (const group of groups) yield group.map((data) => ({ event: "message", data }));
  } finally {
    closed++;
  }
}

function iterate(
  groups: readonly (readonly string[])[],
): AsyncIterableIterator<StreamPart, undefined> & Required<Pick<PartIterator, typeof TAKE>> {
  closed = 0;
  return partsOf(arriving(groups), read) as never;
}

test("the parts of all groups come in order, and nothing after the end of the answer", async () => {
  const parts = iterate(GROUPS);

  expect(await collect(parts)).toEqual([...text("a", "b", "c"), FINISH]);
  expect(await parts.next()).toEqual({ done: true, value: undefined });
  expect(closed).toBe(1);
});

test("the end of the body ends an answer that has no other end", async () => {
  expect(await collect(iterate([["a"]]))).toEqual(text("a"));
});

test("what has come is taken without waiting, and nothing else is", async () => {
  const parts = iterate(GROUPS);

  expect(parts[TAKE]()).toBeUndefined();
  expect((await parts.next()).value).toEqual(text("a")[0]);
  expect([parts[TAKE](), parts[TAKE]()]).toEqual([text("b")[0], undefined]);
  expect((await parts.next()).value).toEqual(text("c")[0]);
  expect([parts[TAKE](), parts[TAKE]()]).toEqual([FINISH, ENDED]);
});

test("what is known before the answer comes first, also where the answer fails", async () => {
  const before = text("known");

  expect(await collect(partsOf(arriving([["a", "end"]]), read, before))).toEqual([
    ...before,
    ...text("a"),
    FINISH,
  ]);
  const broken = partsOf(arriving([["broken"]]), read, before);
  expect(await broken.next()).toEqual({ done: false, value: before[0] });
  expect(await reasonOf(broken.next())).toEqual(new Error("broken"));
});

test("a failure comes after the parts before it, however they are taken", async () => {
  const awaited = iterate([["a", "b", "broken", "c"]]);
  expect([(await awaited.next()).value, (await awaited.next()).value]).toEqual(text("a", "b"));
  expect(await reasonOf(awaited.next() as Promise<unknown>)).toMatchObject({ message: "broken" });
  expect((await awaited.next()).done).toBe(true);

  const taken = iterate([["a", "b", "broken", "c"]]);
  await taken.next();
  expect(taken[TAKE]()).toEqual(text("b")[0]);
  expect(() => taken[TAKE]()).toThrow("broken");
  expect((await taken.next()).done).toBe(true);
  expect(closed).toBe(1);
});

test("leaving closes the groups, and what has come is gone", async () => {
  const parts = iterate(GROUPS);
  await parts.next();

  await parts.return?.();

  expect(closed).toBe(1);
  expect(parts[TAKE]()).toBe(ENDED);
  expect((await parts.next()).done).toBe(true);
});

test("an answer that came whole needs no groups", async () => {
  const parts: PartIterator = listParts([...text("a"), FINISH]);

  expect(parts[TAKE]?.()).toEqual(text("a")[0]);
  expect(await parts.next()).toEqual({ done: false, value: FINISH });
  expect(parts[TAKE]?.()).toBe(ENDED);
  expect(await parts.next()).toEqual({ done: true, value: undefined });
});

test("parts that were given are not kept", async () => {
  const growth = await heapGrowth(async () => {
    const all = Array.from({ length: 256 }, () =>
      listParts([{ type: "text-delta", delta: largeText() }, FINISH]),
    );
    for (const parts of all) await collect(parts);
    return all;
  });

  expect(growth).toBeLessThan(4);
});
