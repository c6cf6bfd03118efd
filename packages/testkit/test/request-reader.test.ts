import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createRequestReader } from "../src/request-reader.ts";

test("a request that arrives byte by byte is read whole", async () => {
  const socket = new PassThrough();
  const read = createRequestReader(socket, 4);

  for (const byte of Buffer.from("POST /a?b=c HTTP/1.1\r\nX-One: 1\r\nContent-Length: 3\r\n\r\nné")) {
    socket.write(Buffer.from([byte]));
  }

  expect(await read()).toEqual({
    method: "POST",
    path: "/a?b=c",
    headers: { "x-one": "1", "content-length": "3" },
    body: "né",
    connection: 4,
  });
});

test("a chunked body is put together", async () => {
  const socket = new PassThrough();
  const read = createRequestReader(socket, 0);

  socket.write("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
  socket.write("1\r\nc\r\n0\r\n\r\n");

  expect((await read())?.body).toBe("abc");
});

test("requests that arrive together are read one by one", async () => {
  const socket = new PassThrough();
  const read = createRequestReader(socket, 0);

  socket.write("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");

  expect((await read())?.path).toBe("/1");
  expect((await read())?.path).toBe("/2");
});

test("a peer that leaves before its request is whole ends the reading", async () => {
  const socket = new PassThrough();
  const read = createRequestReader(socket, 0);

  socket.end("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab");

  expect(await read()).toBeUndefined();
});
