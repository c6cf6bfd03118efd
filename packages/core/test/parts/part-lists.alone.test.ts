import { expect, test, vi } from "vitest";
import type { StreamPart } from "../../src/contract/contract.ts";
import { LISTS, type ListedStream, type PartList, type PartLists } from "../../src/parts/listed-stream.ts";
import { type GroupReader, openLists, partLists } from "../../src/parts/part-lists.ts";
import type { ServerSentEvent } from "../../src/parts/sse.ts";
import { heapGrowth, largeText } from "../garbage.ts";
import { collect, FINISH, failing, iterable, reasonOf, text } from "../providers.ts";

const DONE = { done: true, value: undefined };
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

function stream(groups: readonly (readonly string[])[], before?: PartList): AsyncIterable<StreamPart> {
  closed = 0;
  return partLists(() => ({ groups: arriving(groups), read, before }));
}

async function listsOf(parts: AsyncIterable<StreamPart>): Promise<PartLists> {
  return (await openLists(parts).open()) as PartLists;
}

async function allLists(parts: AsyncIterable<StreamPart>): Promise<PartList[]> {
  const lists = await listsOf(parts);
  const all: PartList[] = [];
  for (let list = await lists.next(); list !== undefined; list = await lists.next()) all.push(list);
  return all;
}

async function* generated(): AsyncGenerator<StreamPart> {
  yield* text("a");
  yield FINISH;
}

test("each group of events becomes one list", async () => {
  expect(await allLists(stream(GROUPS))).toEqual([text("a", "b"), [], [...text("c"), FINISH]]);
  expect(closed).toBe(1);
});

test("whoever iterates gets the parts in order, and nothing after the end of the answer", async () => {
  const parts = stream(GROUPS)[Symbol.asyncIterator]();

  expect(await collect(parts as AsyncIterableIterator<StreamPart>)).toEqual([...text("a", "b", "c"), FINISH]);
  expect(await parts.next()).toEqual(DONE);
  expect(closed).toBe(1);
});

test("the end of the body ends an answer that has no other end", async () => {
  expect(await collect(stream([["a"]]))).toEqual(text("a"));
});

test("what is known before the answer comes first, also where the answer fails", async () => {
  const before = text("known");

  expect(await collect(stream([["a", "end"]], before))).toEqual([...before, ...text("a"), FINISH]);
  const broken = stream([["broken"]], before)[Symbol.asyncIterator]();
  expect(await broken.next()).toEqual({ done: false, value: before[0] });
  expect(await reasonOf(broken.next())).toEqual(new Error("broken"));
});

test("a failure comes after the parts before it, once", async () => {
  const parts = stream([["a", "b", "broken", "c"]])[Symbol.asyncIterator]();

  expect([(await parts.next()).value, (await parts.next()).value]).toEqual(text("a", "b"));
  expect(await reasonOf(parts.next())).toMatchObject({ message: "broken" });
  expect(await parts.next()).toEqual(DONE);
  expect(closed).toBe(1);
});

test("leaving closes the groups, and what has come is gone", async () => {
  const parts = stream(GROUPS)[Symbol.asyncIterator]();
  await parts.next();

  await parts.return?.();

  expect(closed).toBe(1);
  expect(await parts.next()).toEqual(DONE);
});

test("whoever leaves gets no list more, whatever had come", async () => {
  const known = await listsOf(stream(GROUPS, text("known")));
  await known.return();
  expect(await known.next()).toBeUndefined();

  const failed = await listsOf(stream([["a", "broken"]]));
  expect(await failed.next()).toEqual(text("a"));
  await failed.return();
  expect(await failed.next()).toBeUndefined();

  const whole = await listsOf(partLists(() => text("a")));
  await whole.return();
  expect(await whole.next()).toBeUndefined();
});

test("the groups are closed once an answer has ended before them, and a failure of that is nobody's", async () => {
  let returned = 0;
  const groups = {
    next: async () => ({ done: false, value: [{ event: "message", data: "end" }] }) as const,
    return: () => {
      returned++;
      return Promise.reject(new Error("cannot be closed"));
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };

  expect(await allLists(partLists(() => ({ groups, read })))).toEqual([[FINISH]]);
  expect(returned).toBe(1);
});

test("a stream that cannot be closed says so to whoever leaves it, and gives nothing more", async () => {
  const broken = new Error("cannot be closed");
  const lists: PartLists = { next: async () => text("a", "b"), return: () => Promise.reject(broken) };
  const inner = stream([]) as ListedStream;
  inner[LISTS] = () => ({ open: async () => lists, return: lists.return });
  const parts = partLists(async () => inner)[Symbol.asyncIterator]();
  await parts.next();

  expect(await reasonOf(parts.return?.() as Promise<unknown>)).toBe(broken);
  expect(await parts.next()).toEqual(DONE);
});

test("whoever leaves while a list is on its way gets none of it", async () => {
  let give = (_: PartList): void => {};
  const lists: PartLists = {
    next: () =>
      new Promise((resolve) => {
        give = resolve;
      }),
    return: async () => {},
  };
  const inner = stream([]) as ListedStream;
  inner[LISTS] = () => ({ open: async () => lists, return: lists.return });
  const parts = partLists(async () => inner)[Symbol.asyncIterator]();
  const waiting = parts.next();
  // until the list was asked for
  await new Promise((resolve) => setImmediate(resolve));

  await parts.return?.();
  give(text("late"));

  expect(await waiting).toEqual(DONE);
});

test("an answer that came whole is one list", async () => {
  expect(await allLists(partLists(() => [...text("a"), FINISH]))).toEqual([[...text("a"), FINISH]]);
});

test("the parts are those of the stream that is opened with the first reading", async () => {
  const open = vi.fn(async () => generated());
  const parts = partLists(open);

  expect(open).not.toHaveBeenCalled();
  expect(await collect(parts)).toEqual([...text("a"), FINISH]);
  expect(open).toHaveBeenCalledOnce();
});

test("a stream that knows no lists is read in lists of one", async () => {
  expect(await allLists(generated())).toEqual([text("a"), [FINISH]]);
});

test("a stream within a stream is read itself, however deep", async () => {
  const inner = stream(GROUPS) as ListedStream;
  const lists: PartLists = { next: async () => undefined, return: async () => {} };
  inner[LISTS] = () => ({ open: async () => lists, return: lists.return });

  expect(await listsOf(partLists(async () => partLists(() => inner)))).toBe(lists);
});

test("a failure of either comes out, once", async () => {
  const broken = new Error("broken");
  const failed = partLists(async () => Promise.reject(broken))[Symbol.asyncIterator]();

  expect(await reasonOf(failed.next())).toBe(broken);
  expect(await failed.next()).toEqual(DONE);
  expect(await reasonOf(collect(partLists(async () => failing(broken))))).toBe(broken);
});

test("readers that do not wait for each other share one stream", async () => {
  const open = vi.fn(async () => generated());
  const stream = partLists(open);
  const parts = stream[Symbol.asyncIterator]();

  const results = await Promise.all([parts.next(), parts.next(), parts.next()]);

  expect(results.map(({ value }) => value)).toEqual([...text("a"), FINISH, undefined]);
  expect(stream[Symbol.asyncIterator]()).toBe(parts);
  expect(open).toHaveBeenCalledOnce();
});

test("leaving closes the stream, also one that comes too late, and opens none", async () => {
  let left = 0;
  const rest = iterable(
    async () => ({ done: false, value: FINISH }),
    () => left++,
  );
  const late = partLists(() => new Promise((resolve) => setImmediate(() => resolve(rest))));

  const reading = late[Symbol.asyncIterator]();
  const waiting = reading.next();
  await reading.return?.();
  expect(await waiting).toEqual(DONE);
  expect(left).toBe(1);

  const open = partLists(async () => rest)[Symbol.asyncIterator]();
  await open.next();
  await open.return?.();
  expect(left).toBe(2);

  const never = vi.fn(async () => rest);
  const unread = partLists(never)[Symbol.asyncIterator]();
  await unread.return?.();
  expect(await unread.next()).toEqual(DONE);
  expect(never).not.toHaveBeenCalled();
});

test("parts that were given are not kept", async () => {
  const growth = await heapGrowth(async () => {
    const all = Array.from({ length: 256 }, () =>
      partLists(() => [{ type: "text-delta", delta: largeText() }, FINISH])[Symbol.asyncIterator](),
    );
    for (const parts of all) await collect(parts as AsyncIterableIterator<StreamPart>);
    return all;
  });

  expect(growth).toBeLessThan(4);
});
