import { once } from "node:events";
import { connect as openSocket, type Socket } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { ChatError, type StreamPart } from "@fallthrough/core";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import {
  type CallRecord,
  type GatewayServerOptions,
  type RunningGateway,
  startGateway,
} from "../src/index.ts";
import { answer, memoryProvider, registryOf, type Turn, text } from "./case.ts";
import { connect } from "./dialects/responses/case.ts";

const running: RunningGateway[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
});

async function start(turn: Turn, options: GatewayServerOptions = {}): Promise<RunningGateway> {
  const gateway = await startGateway(registryOf(memoryProvider("one", turn)), {
    port: 0,
    graceMs: 200,
    ...options,
  });
  running.push(gateway);
  return gateway;
}

/** A socket that has sent a request for another protocol. */
async function offer({ port }: RunningGateway, head: string, body = ""): Promise<Socket> {
  const socket = openSocket(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(`${head}\r\n\r\n${body}`);
  return socket;
}

const UPGRADE = "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";
const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

test.each([
  ["another path", "/v1/chat/completions", "Authorization: Bearer a-token", 404, "unknown_url"],
  ["no token", "/v1/responses", "X-Any: 1", 401, "invalid_api_key"],
  [
    "a foreign page",
    "/v1/responses",
    "Authorization: Bearer a-token\r\nOrigin: http://evil.example",
    403,
    "foreign_request",
  ],
])("a WebSocket for %s is refused before it opens", async (_, path, header, status, code) => {
  const gateway = await start(answer("hi"), { token: "a-token" });

  const socket = await offer(gateway, `GET ${path} HTTP/1.1\r\n${UPGRADE}\r\n${KEY}\r\n${header}`);

  const told = await readAll(socket);
  expect(told).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(told).toContain(code);
});

test("one connection too many is refused", async () => {
  const gateway = await start(answer("hi"), { maxCalls: 1 });
  const first = await connect(gateway);

  const socket = await offer(gateway, `GET /v1/responses HTTP/1.1\r\n${UPGRADE}\r\n${KEY}`);

  expect(await readAll(socket)).toMatch(/^HTTP\/1.1 503 /);
  expect((await first.ask({ input: "hi" })).response.status).toBe("completed");
});

test("a client that offers HTTP/2 with a plain request is answered as if it had not", async () => {
  const gateway = await start(answer("hi"));
  const body = JSON.stringify({ input: "hi" });
  const offered = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAA";
  const typed = `Content-Type: application/json\r\nContent-Length: ${body.length}`;

  const socket = await offer(
    gateway,
    `POST /v1/responses HTTP/1.1\r\nHost: localhost\r\n${offered}\r\n${typed}`,
    body,
  );

  let told = "";
  socket.on("data", (chunk) => {
    told += chunk;
  });
  await vi.waitFor(() => expect(told).toContain('"status":"completed"'));
  expect(told).toMatch(/^HTTP\/1.1 200 /);
  socket.destroy();
});

test.each([
  ["no JSON", "{", "not valid JSON"],
  ["a message of another type", '{"type":"response.cancel"}', "`type` is wrong, expected response.create"],
  ["no input", '{"type":"response.create"}', "`input` is wrong"],
])("%s is an error on a connection that goes on", async (_, message, expected) => {
  const gateway = await start(answer("hi"));
  const connection = await connect(gateway);

  const told = once(connection.socket, "message");
  connection.socket.send(message);
  const value = JSON.parse((await told)[0].toString());

  expect(value).toMatchObject({
    type: "error",
    status: 400,
    error: { message: expect.stringContaining(expected) },
  });
  expect((await connection.ask({ input: "hi" })).response.status).toBe("completed");
});

test("a failure before the answer is an error with its status, and one behind text is an event of the response", async () => {
  const failing = await connect(await start([new ChatError("server", "secret words")]));
  const cut = await connect(await start([...text("half"), new ChatError("interrupted", "cut")]));

  const { failed } = await failing.ask({ input: "hi" });
  const { response, events } = await cut.ask({ input: "hi" });

  expect(failed).toMatchObject({ status: 502, error: { code: "server" } });
  expect(JSON.stringify(failed)).not.toContain("secret");
  expect(events.at(-2)).toMatchObject({ type: "error", error: { code: "server_error" } });
  expect(response).toMatchObject({ status: "failed", output: [{ content: [{ text: "half" }] }] });
});

test("messages are answered one after another, and each call is told once", async () => {
  const records: CallRecord[] = [];
  const gateway = await start(answer("a", "b"), { onCall: (record) => records.push(record) });
  const { socket } = await connect(gateway);
  const types: string[] = [];
  socket.on("message", (data: Buffer) => types.push(JSON.parse(data.toString()).type));

  for (let count = 0; count < 3; count++)
    socket.send('{"type":"response.create","input":"hi","model":"auto"}');
  await vi.waitFor(() => expect(types.filter((type) => type === "response.completed")).toHaveLength(3));

  const round = types.slice(0, types.length / 3);
  expect(types).toEqual([...round, ...round, ...round]);
  expect(records).toHaveLength(3);
  expect(records[0]).toMatchObject({
    route: "WebSocket /v1/responses",
    model: "auto",
    provider: "one",
    status: 200,
  });
});

test("a client that leaves ends its call, and one that waits is told so by events", async () => {
  const provider = memoryProvider("one", [...text("half"), "silence"]);
  const gateway = await startGateway(registryOf(provider), { port: 0, keepaliveMs: 40 });
  running.push(gateway);
  const { socket } = await connect(gateway);
  const states: object[] = [];
  socket.on("message", (data: Buffer) => {
    const { type, response } = JSON.parse(data.toString());
    if (type === "response.in_progress") states.push(response.output);
  });
  socket.send('{"type":"response.create","input":"hi"}');
  await vi.waitFor(() => expect(states.length).toBeGreaterThan(2));

  socket.terminate();

  await vi.waitFor(() => expect(provider.open).toBe(0), { timeout: 200, interval: 5 });
  // a client takes the state for all that there is
  expect(states.at(-1)).toMatchObject([{ status: "in_progress", content: [{ text: "half" }] }]);
});

// megabytes go through the sockets before they are full
test("a client that takes nothing holds the provider back, and its connection is ended", {
  timeout: 30_000,
}, async () => {
  function* endless(): Iterable<StreamPart> {
    for (;;) yield { type: "text-delta", delta: "x".repeat(64 * 1024) };
  }
  const provider = memoryProvider("one", endless());
  const gateway = await startGateway(registryOf(provider), { port: 0, writeMs: 150 });
  running.push(gateway);
  const { socket } = await connect(gateway);
  const closed = once(socket, "close");
  socket.pause();
  socket.send('{"type":"response.create","input":"hi"}');

  await vi.waitFor(() => expect(provider.taken).toBeGreaterThan(0));
  await vi.waitFor(() => expect(provider.open).toBe(0), { timeout: 20_000 });

  // what the sockets of both sides hold is some megabytes
  expect(provider.taken * 64 * 1024).toBeLessThan(64 * 1024 * 1024);
  socket.resume();
  await closed;
});

test("a message that is too large, and too many messages at once, close the connection", async () => {
  const gateway = await start(["silence"], { bodyBytes: 1024 });
  const large = await connect(gateway);
  const many = await connect(gateway);
  const closed = [large, many].map(({ socket }) => once(socket, "close"));

  large.socket.send(JSON.stringify({ type: "response.create", input: "x".repeat(2048) }));
  for (let count = 0; count < 20; count++) many.socket.send('{"type":"response.create","input":"hi"}');

  expect((await Promise.all(closed)).map(([code]) => code)).toEqual([1009, 1008]);
});

test("a gateway that closes ends its connections, and tells a call that is in flight", async () => {
  const gateway = await start([...text("half"), "silence"]);
  const idle = await connect(gateway);
  const busy = await connect(gateway);
  const told = busy.ask({ input: "hi" });
  const closed = [idle, busy].map(({ socket }) => once(socket, "close"));
  await once(busy.socket, "message");

  await gateway.close();
  running.length = 0;

  expect((await told).response).toMatchObject({ status: "failed" });
  expect((await Promise.all(closed)).map(([code]) => code)).toEqual([1001, 1001]);
});

test("a connection stays when another registry takes over, and its next call goes there", async () => {
  const gateway = await start(answer("before"));
  const connection = await connect(gateway);
  const first = await connection.ask({ input: "hi" });

  await gateway.replace(registryOf(memoryProvider("two", answer("after"))));
  const second = await connection.ask({ input: "hi", previous_response_id: first.response.id });

  expect(second.response).toMatchObject({ model: "two/model", output: [{ content: [{ text: "after" }] }] });
});

test("a token that is taken away is refused on a connection that is open", async () => {
  const gateway = await start(answer("hi"), { tokens: { one: "first-token" } });
  const connection = await connect(gateway, "first-token");

  await gateway.replace(registryOf(memoryProvider("one", answer("hi"))), { tokens: { two: "second-token" } });
  const { failed } = await connection.ask({ input: "hi" });

  expect(failed).toMatchObject({ status: 401, error: { code: "invalid_api_key" } });
  expect(connection.socket.readyState).toBe(WebSocket.OPEN);
});
