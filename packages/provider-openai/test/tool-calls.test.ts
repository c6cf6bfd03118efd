import type { StreamPart } from "@fallthrough/core";
import { expect, test } from "vitest";
import { createToolCalls } from "../src/tool-calls.ts";

interface Piece {
  readonly index?: number;
  readonly id?: string | null;
  readonly name?: string | null;
  readonly arguments?: unknown;
}

function gather(pieces: readonly Piece[]): { readonly deltas: StreamPart[]; readonly calls: StreamPart[] } {
  const toolCalls = createToolCalls();
  const deltas: StreamPart[] = [];
  for (const { index, id, ...called } of pieces) toolCalls.take([{ index, id, function: called }], deltas);
  return { deltas, calls: toolCalls.complete() };
}

test("pieces of interleaved calls are put together by their index", () => {
  const { deltas, calls } = gather([
    { index: 0, id: "a", name: "one", arguments: "" },
    { index: 1, id: "b", name: "two", arguments: '{"x"' },
    { index: 0, arguments: "{}" },
    { index: 1, arguments: ":1}" },
  ]);

  expect(deltas).toEqual([
    { type: "tool-call-delta", id: "b", name: "two", delta: '{"x"' },
    { type: "tool-call-delta", id: "a", name: "one", delta: "{}" },
    { type: "tool-call-delta", id: "b", name: "two", delta: ":1}" },
  ]);
  expect(calls).toEqual([
    { type: "tool-call", id: "a", name: "one", arguments: "{}" },
    { type: "tool-call", id: "b", name: "two", arguments: '{"x":1}' },
  ]);
});

test.each<[string, readonly Piece[]]>([
  [
    "share one index",
    [
      { index: 0, id: "a", name: "one", arguments: "{}" },
      { index: 0, id: "b", name: "two", arguments: '{"x":' },
      { index: 0, id: "", arguments: "1}" },
    ],
  ],
  [
    "share one index and repeat their ids",
    [
      { index: 0, id: "a", name: "one", arguments: "{}" },
      { index: 0, id: "b", name: "two", arguments: "" },
      { index: 0, id: "b", arguments: '{"x":1}' },
    ],
  ],
  [
    "have no index",
    [
      { id: "a", name: "one", arguments: "{}" },
      { id: "b", name: "two", arguments: '{"x"' },
      { arguments: ":1}" },
    ],
  ],
  [
    "have no index and come whole, as an object",
    [
      { id: "a", name: "one" },
      { id: "b", name: "two", arguments: { x: 1 } },
    ],
  ],
])("two calls that %s stay two", (_, pieces) => {
  expect(gather(pieces).calls).toEqual([
    { type: "tool-call", id: "a", name: "one", arguments: "{}" },
    { type: "tool-call", id: "b", name: "two", arguments: '{"x":1}' },
  ]);
});

test("a call without an id gets one, which all its parts have", () => {
  const { deltas, calls } = gather([
    { index: 0, id: null, name: "one", arguments: '{"x"' },
    { index: 0, arguments: ":1}" },
    { index: 1, name: "one", arguments: "{}" },
  ]);

  const ids = [...deltas, ...calls].map((part) => "id" in part && part.id);
  expect(new Set(ids).size).toBe(2);
  expect(ids[0]).toMatch(/^call_[\da-f-]{36}$/);
  expect(ids[1]).toBe(ids[0]);
  expect(calls).toMatchObject([{ id: ids[0], arguments: '{"x":1}' }, { arguments: "{}" }]);
});

test("arguments that come before the name are held until it is there", () => {
  const { deltas } = gather([
    { index: 0, id: "a", arguments: '{"x"' },
    { index: 0, name: "one", arguments: ":1}" },
  ]);

  expect(deltas).toEqual([{ type: "tool-call-delta", id: "a", name: "one", delta: '{"x":1}' }]);
});

test.each<[string, string, readonly Piece[]]>([
  ["cut arguments", "interrupted", [{ index: 0, name: "one", arguments: '{"x":' }]],
  ["arguments that are no JSON", "protocol", [{ index: 0, name: "one", arguments: "x = 1" }]],
  ["no name", "protocol", [{ index: 0, arguments: "{}" }]],
])("a call with %s is never complete", (_, code, pieces) => {
  expect(() => gather(pieces)).toThrow(expect.objectContaining({ code }));
});
