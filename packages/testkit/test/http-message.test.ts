import { expect, test } from "vitest";
import {
  httpChunk,
  httpEvents,
  httpHead,
  httpJson,
  httpResponse,
  parseChunks,
  parseHead,
} from "../src/http-message.ts";

test("a head tells its start line, its joined headers and its fields as written", () => {
  const head = parseHead("HTTP/1.1 200 OK\r\nLink: <a>\r\nLink: <b>\r\nX-Empty:");

  expect(head.startLine).toBe("HTTP/1.1 200 OK");
  expect(head.headers).toEqual({ link: "<a>, <b>", "x-empty": "" });
  expect(head.fields).toEqual([
    ["Link", "<a>"],
    ["Link", "<b>"],
    ["X-Empty", ""],
  ]);
});

test("a body that is one text is sent with its length in bytes", () => {
  expect(httpResponse({ status: 429, headers: { "retry-after": "2" }, body: "né" }).toString()).toBe(
    "HTTP/1.1 429 Status\r\ncontent-length: 3\r\nretry-after: 2\r\n\r\nné",
  );
});

test("a body that is a list is sent as chunks and an end", () => {
  expect(httpResponse({ body: ["ab", Buffer.from("c")] }).toString()).toBe(
    "HTTP/1.1 200 Status\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
  );
});

test("a response without a body has the length 0", () => {
  expect(httpResponse({}).toString()).toContain("content-length: 0");
});

test("a JSON answer and an event stream say what they are", () => {
  expect(httpJson({ a: 1 }, 429, { "retry-after": "2" }).toString()).toBe(
    'HTTP/1.1 429 Status\r\ncontent-length: 7\r\ncontent-type: application/json\r\nretry-after: 2\r\n\r\n{"a":1}',
  );
  expect(httpEvents("data: a\n\n", { "x-id": "1" }).toString()).toContain(
    "content-type: text/event-stream\r\nx-id: 1\r\n\r\n9\r\ndata: a\n\n",
  );
});

test("a head alone ends with its blank line", () => {
  expect(httpHead(204).toString()).toBe("HTTP/1.1 204 Status\r\n\r\n");
});

test.each(["\n", "\r\n"] as const)("chunks are read with %j behind each line", (lineEnd) => {
  const framed = Buffer.from(["3", "a\r\n", "1", "b", "0", "", "rest"].join(lineEnd));

  const { chunks, end } = parseChunks(framed, lineEnd);

  expect(chunks.map(String)).toEqual(["a\r\n", "b"]);
  expect(framed.toString("utf8", end)).toBe("rest");
});

test.each(["", "5", "5\r\nab", "2\r\nab\r\n", "zz\r\nab\r\n"])("the chunks of %j have no end", (text) => {
  expect(parseChunks(Buffer.from(text)).end).toBeUndefined();
});

test("chunks that are written are read back", () => {
  const framed = Buffer.concat([httpChunk("one"), httpChunk("two"), httpChunk("")]);

  expect(parseChunks(framed).chunks.map(String)).toEqual(["one", "two"]);
});
