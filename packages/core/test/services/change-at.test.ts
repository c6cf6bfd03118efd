import { expect, test } from "vitest";
import { changeAt } from "../../src/provider.ts";

const BODY = { a: { b: 1, c: 2 }, list: [{ x: 1 }, { y: 1, x: 2 }, 7], none: null };

test.each([
  ["a.b", { ...BODY, a: { c: 2 } }],
  ["list.*.x", { ...BODY, list: [{ y: 1 }, 7] }],
  ["list.*", { a: BODY.a, list: [], none: null }],
  ["none", { a: BODY.a, list: BODY.list }],
  ["a.d", undefined],
  ["a.b.c", undefined],
  ["a.*", undefined],
  ["list.x", undefined],
  ["none.x", undefined],
])("without %s the body is %j", (path, body) => {
  expect(changeAt(BODY, path, () => undefined)).toEqual(body);
});

test("an object in which nothing is left goes, but the body itself stays", () => {
  expect(changeAt({ a: { b: { c: 1 } }, d: 1 }, "a.b.c", () => undefined)).toEqual({ d: 1 });
  expect(changeAt({ a: 1 }, "a", () => undefined)).toEqual({});
});

test("a value is changed in its place, and what is the same is no change", () => {
  expect(changeAt(BODY, "list.*.x", (value) => Number(value) + 1)).toEqual({
    ...BODY,
    list: [{ x: 2 }, { y: 1, x: 3 }, 7],
  });
  expect(changeAt(BODY, "list.*.x", (value) => value)).toBeUndefined();
});
