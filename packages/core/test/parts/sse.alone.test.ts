import { expect, test, vi } from "vitest";
import type { ChatError } from "../../src/errors/chat-error.ts";
import { createSseParser, type ServerSentEvent } from "../../src/parts/sse.ts";
import { heapGrowth, largeText } from "../garbage.ts";

const TEXT = [
  ": comment\n",
  "data: one 😀\n\n",
  "event: named\r\nid: 1\r\ndata:two\r\ndata:  lines\r\n\r\n",
  "retry: 5\rdata\rdata: three\r\r",
  "unknown: x\n\n",
  "data\n\n",
  "event\ndata: [DONE]\n\n",
].join("");

const EVENTS: readonly ServerSentEvent[] = [
  { event: "message", data: "one 😀" },
  { event: "named", data: "two\n lines" },
  { event: "message", data: "\nthree" },
  { event: "message", data: "" },
  { event: "message", data: "[DONE]" },
];

test("a parser does not keep the events that it gave", async () => {
  const growth = await heapGrowth(() =>
    Array.from({ length: 256 }, () => {
      const parser = createSseParser();
      parser.push(`data: ${largeText()}\n\n`);
      return parser;
    }),
  );

  expect(growth).toBeLessThan(4);
});

test("fields, comments and line ends are read as the specification says", () => {
  expect(parse([TEXT])).toEqual(EVENTS);
});

test("every split in two gives the same events", () => {
  for (let at = 0; at <= TEXT.length; at++) {
    expect(parse([TEXT.slice(0, at), TEXT.slice(at)])).toEqual(EVENTS);
  }
});

test.each([1, 2, 3, 5, 7])("pieces of %i bytes give the same events, through the decoder too", (size) => {
  const bytes = Buffer.from(`\uFEFF${TEXT}`);
  const decoder = new TextDecoder();
  const pieces: string[] = [];

  for (let at = 0; at < bytes.length; at += size) {
    pieces.push(decoder.decode(bytes.subarray(at, at + size), { stream: true }));
  }

  expect(parse([...pieces, decoder.decode()])).toEqual(EVENTS);
});

test.each([
  ["LF", "\n"],
  ["CR", "\r"],
  ["CRLF", "\r\n"],
])("lines may end in %s", (_, end) => {
  const text = ["data: a", "data: b", "", "data: c", "", ""].join(end);

  expect(parse([text])).toEqual([
    { event: "message", data: "a\nb" },
    { event: "message", data: "c" },
  ]);
  expect(parse([...text])).toEqual(parse([text]));
});

test("a line end that is cut in two is one, also where nothing comes between its halves", () => {
  expect(parse(["data: a\r", "", "\ndata: b\n\n"])).toEqual([{ event: "message", data: "a\nb" }]);
  expect(parse(["data: a\r", "data: b\n\n"])).toEqual([{ event: "message", data: "a\nb" }]);
});

test("only the first space behind the name of a field is none of its value", () => {
  expect(parse(["event:a b\ndata:  c d\n\n", "event:  e\ndata: f\n\n"])).toEqual([
    { event: "a b", data: " c d" },
    { event: " e", data: "f" },
  ]);
});

test.each([
  ['error: {"message":"no room"}', [{ event: "error", data: '{"message":"no room"}' }]],
  ['error:{"message":"no room"}', [{ event: "error", data: '{"message":"no room"}' }]],
  ["error: no room", []],
  ["error: see {}", []],
  ["error: {} it was", []],
  ["error", []],
  ['failure: {"message":"no room"}', []],
])("a failure in a field of its own is an event where it is an object: %s", (line, events) => {
  expect(createSseParser().push(`${line}\n`)).toEqual(events);
});

test("a failure of a parser says what was wrong", () => {
  expect(() => createSseParser().push("\uFEFFdata: x\n\n")).toThrow(
    "the event stream has a byte order mark in front of a field",
  );
  expect(() => parse(["data: hel"])).toThrow("the event stream ended in the middle of an event");
  expect(() => createSseParser(5).push("data: 123456\n")).toThrow(
    "the event stream has a longer event than 5 characters",
  );
});

test("a line that has begun counts toward the length of its event", () => {
  const line = `data: ${"x".repeat(60)}\n`;

  expect(createSseParser(100).push(line + "y".repeat(40))).toEqual([]);
  expect(codeOf(() => createSseParser(100).push(line + "y".repeat(41)))).toBe("limit");
});

test("a second byte order mark is a protocol error, because it would hide the first event", () => {
  expect(codeOf(() => createSseParser().push("\uFEFFdata: x\n\n"))).toBe("protocol");
});

test("a name without data makes no event, and does not stay for the next", () => {
  expect(parse(["event: odd\n\ndata: x\n\n"])).toEqual([{ event: "message", data: "x" }]);
});

test.each([
  ["the end marker", "data: [DONE]", "[DONE]"],
  ["the end marker with its line end", "data: [DONE]\n", "[DONE]"],
  ["a JSON value", 'data: {"a":1}', '{"a":1}'],
])("%s may end the body without a blank line", (_, text, data) => {
  expect(parse([text])).toEqual([{ event: "message", data }]);
});

test.each(['data: {"a":', "data: hel", "data: {}\ndata: {", "data:"])("%j at the end was cut", (text) => {
  expect(codeOf(() => parse([text]))).toBe("interrupted");
});

test.each(["", ": comment", "event: x", "id: 1\n", "\n\n"])("%j at the end leaves nothing", (text) => {
  expect(parse([text])).toEqual([]);
});

test("an event is as long as it may be", () => {
  const parser = createSseParser(100);

  expect(parser.push(`data: ${"x".repeat(100)}\n\n`)).toHaveLength(1);
  expect(codeOf(() => parser.push(`data: ${"x".repeat(101)}\n\n`))).toBe("limit");
});

test.each([
  ["a line in pieces", Array.from({ length: 20 }, () => "xxxxxx")],
  ["an event of many lines", ["data: xxxxx\n".repeat(20)]],
  ["an event of empty lines", ["data\n".repeat(200)]],
])("%s that grows beyond the limit is a limit", (_, pieces) => {
  const parser = createSseParser(100);

  expect(codeOf(() => pieces.map((piece) => parser.push(piece)))).toBe("limit");
});

test("a megabyte is the default limit of a line", () => {
  const parser = createSseParser();

  expect(codeOf(() => parser.push("x".repeat(1024 * 1024 + 1)))).toBe("limit");
});

test.each([
  ["CR", "\r"],
  ["LF", "\n"],
])("work is linear in a text with %s alone", (_, end) => {
  const text = `data: x${end}${end}`.repeat(500);
  const search = vi.spyOn(String.prototype, "indexOf");

  const events = createSseParser().push(text);
  const scanned = search.mock.calls.reduce((sum, [, start = 0], index) => {
    const found = search.mock.results[index]?.value as number;
    return sum + (found === -1 ? text.length : found) - start;
  }, 0);
  search.mockRestore();

  expect(events).toHaveLength(500);
  expect(scanned).toBeLessThan(4 * text.length);
});

test("work is linear in a line that comes one character at a time", () => {
  const join = vi.spyOn(Array.prototype, "join");
  const parser = createSseParser();

  for (const character of `data: ${"x".repeat(2000)}\n\n`) parser.push(character);
  const joins = join.mock.calls.length;
  join.mockRestore();

  expect(joins).toBeLessThan(3);
});

function parse(pieces: readonly string[]): ServerSentEvent[] {
  const parser = createSseParser();
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
}

function codeOf(task: () => unknown): string | undefined {
  try {
    task();
  } catch (error) {
    return (error as ChatError).code;
  }
  return undefined;
}
