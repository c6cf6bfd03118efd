import type { StreamPart } from "@fallthrough/core";
import type { CallsEnd } from "@fallthrough/core/provider";
import { expect, test } from "vitest";
import { createToolCalls } from "../src/tool-calls.ts";

interface Piece {
  readonly index?: number;
  readonly id?: string | null;
  readonly name?: string | null;
  readonly arguments?: unknown;
}

function gather(
  pieces: readonly Piece[],
  end: CallsEnd = "told",
): { readonly deltas: StreamPart[]; readonly calls: StreamPart[] } {
  const toolCalls = createToolCalls("openai");
  const deltas: StreamPart[] = [];
  for (const { index, id, ...called } of pieces) toolCalls.take([{ index, id, function: called }], deltas);
  const calls: StreamPart[] = [];
  for (const part of toolCalls.complete(end)) (part.type === "tool-call-delta" ? deltas : calls).push(part);
  return { deltas, calls };
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
    { type: "tool-call-delta", id: "b", name: "two", delta: ":1}" },
    { type: "tool-call-delta", id: "a", name: "one", delta: "{}" },
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

test("a call without a name is no call", () => {
  expect(() => gather([{ index: 0, arguments: "{}" }])).toThrow(
    expect.objectContaining({ code: "protocol" }),
  );
});

test("a call that was cut for no told reason is never complete", () => {
  expect(() => gather([{ index: 0, name: "one", arguments: '{"x":' }], "untold")).toThrow(
    expect.objectContaining({ code: "interrupted" }),
  );
});

test("services.md §1: a call that was cut at a limit is not given, and those before it are", () => {
  const { calls } = gather(
    [
      { index: 0, id: "a", name: "one", arguments: '{"x":1}' },
      { index: 1, id: "b", name: "two", arguments: '{"x":' },
    ],
    "limit",
  );

  expect(calls).toEqual([{ type: "tool-call", id: "a", name: "one", arguments: '{"x":1}' }]);
});

test("services.md §5: arguments that are no JSON are given on as they are, with a warning", () => {
  expect(gather([{ index: 0, id: "a", name: "one", arguments: "x = 1" }]).calls).toEqual([
    { type: "warning", code: "other", message: 'the arguments of the call of tool "one" are no JSON object' },
    { type: "tool-call", id: "a", name: "one", arguments: "x = 1" },
  ]);
});

test.each<[string, readonly Piece[], readonly string[]]>([
  [
    "a placeholder and then the arguments under one index",
    [
      { index: 0, id: "a", name: "one", arguments: "{}" },
      { index: 0, arguments: '{"x"' },
      { index: 0, arguments: ":1}" },
    ],
    ['one {"x":1}'],
  ],
  [
    "a placeholder and then the whole arguments, with id and name again",
    [
      { index: 0, id: "a", name: "one", arguments: "{}" },
      { index: 0, id: "a", name: "one", arguments: '{"x":1}' },
    ],
    ['one {"x":1}'],
  ],
  [
    "index 0 for all, with blank ids",
    [
      { index: 0, id: "", name: "one", arguments: '{"x":1}' },
      { index: 0, id: "", name: "one", arguments: '{"x":2}' },
      { index: 0, id: "", name: "two", arguments: "{}" },
    ],
    ['one {"x":1}', 'one {"x":2}', "two {}"],
  ],
  [
    "one index and id with another name",
    [
      { index: 0, id: "a", name: "one", arguments: '{"x":1}' },
      { index: 0, id: "a", name: "two", arguments: '{"x":2}' },
    ],
    ['one {"x":1}', 'two {"x":2}'],
  ],
  [
    "a second whole call under index 0 without an id",
    [
      { index: 0, id: "a", name: "one", arguments: '{"x":1}' },
      { index: 0, name: "one", arguments: '{"x":2}' },
    ],
    ['one {"x":1}', 'one {"x":2}'],
  ],
  [
    "another whole value without a name",
    [
      { index: 0, id: "a", name: "one", arguments: '{"x":1}' },
      { index: 0, arguments: '{"x":2}' },
    ],
    ['one {"x":1}', 'one {"x":2}'],
  ],
  [
    "one id for two calls",
    [
      { index: 0, id: "a", name: "one", arguments: '{"x":1}' },
      { index: 1, id: "a", name: "two", arguments: '{"x":2}' },
    ],
    ['one {"x":1}', 'two {"x":2}'],
  ],
  [
    "one id for two calls without an index",
    [
      { id: "a", name: "one", arguments: '{"x":1}' },
      { id: "a", name: "one", arguments: '{"x":2}' },
    ],
    ['one {"x":1}', 'one {"x":2}'],
  ],
  ["no arguments at all", [{ index: 0, id: "a", name: "one" }], ["one {}"]],
  ["arguments as an object", [{ index: 0, id: "a", name: "one", arguments: { x: 1 } }], ['one {"x":1}']],
  [
    "name and id in each piece",
    [
      { index: 0, id: "a", name: "one", arguments: '{"x"' },
      { index: 0, id: "a", name: "one", arguments: ":1}" },
      { index: 0, id: "a", name: "one", arguments: "" },
    ],
    ['one {"x":1}'],
  ],
  [
    "a value of their own in each piece of the arguments",
    [
      { index: 0, id: "a", name: "one", arguments: '{"x":' },
      { index: 0, arguments: "{}" },
      { index: 0, arguments: "}" },
    ],
    ['one {"x":{}}'],
  ],
])("services.md §5: calls that have %s are told apart, with ids of their own", (_, pieces, expected) => {
  const { calls, deltas } = gather(pieces);

  const found = calls.flatMap((part) => (part.type === "tool-call" ? [part] : []));
  expect(found.map((call) => `${call.name} ${call.arguments}`)).toEqual(expected);
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
  for (const { id, arguments: text } of found) {
    const joined = deltas.map((part) =>
      part.type === "tool-call-delta" && part.id === id ? part.delta : "",
    );
    expect(joined.join("") || "{}").toBe(text);
  }
});

test("services.md §5: several calls in one event are several calls", () => {
  const toolCalls = createToolCalls("openai");
  toolCalls.take(
    [
      { index: 0, id: "", function: { name: "one", arguments: '{"x":1}' } },
      { index: 0, id: "", function: { name: "two", arguments: '{"x":2}' } },
    ],
    [],
  );

  expect(toolCalls.complete("told")).toMatchObject([{ name: "one" }, { name: "two" }]);
});

test("services.md §5: what only the server understands of a call is kept under the provider's id", () => {
  const toolCalls = createToolCalls("gemini");
  const extra_content = { google: { thought_signature: "sig" } };
  toolCalls.take([{ index: 0, id: "a", function: { name: "one", arguments: "{}" }, extra_content }], []);

  expect(toolCalls.complete("told").at(-1)).toEqual({
    type: "tool-call",
    id: "a",
    name: "one",
    arguments: "{}",
    providerData: { gemini: { extra_content } },
  });
});

test("a call that came whole with what only the server understands is given at once, for readers that look at its first piece", () => {
  const toolCalls = createToolCalls("gemini");
  const extra_content = { google: { thought_signature: "g1" } };
  const parts: StreamPart[] = [];

  toolCalls.take(
    [{ index: 0, id: "a", function: { name: "one", arguments: '{"x":1}' }, extra_content }],
    parts,
  );

  expect(parts).toEqual([]);
  expect(toolCalls.complete("told")).toEqual([
    {
      type: "tool-call",
      id: "a",
      name: "one",
      arguments: '{"x":1}',
      providerData: { gemini: { extra_content } },
    },
  ]);
});
