import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { createCertificate } from "../src/certificate.ts";
import { type FaultScript, startFaultServer } from "../src/fault-server.ts";
import { httpChunk, httpHead, httpResponse } from "../src/http-message.ts";
import type { SocketServer, SocketServerOptions } from "../src/socket-server.ts";
import { exchangeBytes, hear } from "./raw-client.ts";
import { until } from "./until.ts";

const REQUEST = "GET /path HTTP/1.1\r\nHost: x\r\n\r\n";
const running: SocketServer[] = [];

async function start(scripts: readonly FaultScript[], options?: SocketServerOptions): Promise<SocketServer> {
  const server = await startFaultServer(scripts, options);
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

test("an ordinary answer is an ordinary answer", async () => {
  const server = await start([[{ read: "request" }, { send: httpResponse({ body: "hello" }) }]]);

  const response = await fetch(`${server.origin}/path`, { method: "POST", body: "question" });

  expect(await response.text()).toBe("hello");
  expect(server.requests).toMatchObject([
    { method: "POST", path: "/path", body: "question", connection: 0, headers: { "content-length": "8" } },
  ]);
});

test("each connection plays its own script, and the last one repeats", async () => {
  const server = await start([[{ send: "first" }], [{ send: "later" }]]);

  const heard = [];
  for (let count = 0; count < 3; count++) heard.push((await exchangeBytes(server.port, REQUEST)).text);

  expect(heard).toEqual(["first", "later", "later"]);
  expect(server.connections).toBe(3);
});

test("a server without scripts closes every connection", async () => {
  const server = await start([]);

  expect(await exchangeBytes(server.port, REQUEST)).toMatchObject({ text: "", errorCode: undefined });
});

test("a RST reaches the peer as a reset", async () => {
  const server = await start([[{ read: "request" }, { end: "rst" }]]);

  expect(await exchangeBytes(server.port, REQUEST)).toMatchObject({ text: "", errorCode: "ECONNRESET" });
});

test("a FIN reaches the peer as an end, although its request was not read", async () => {
  const server = await start([[{ send: "bye" }, { end: "fin" }]]);

  expect(await exchangeBytes(server.port, REQUEST)).toMatchObject({ text: "bye", errorCode: undefined });
});

test("what was sent before a RST arrives", async () => {
  // #region script
  const server = await startFaultServer([
    [
      { read: "request" },
      { send: httpHead(200, { "transfer-encoding": "chunked" }) },
      { send: httpChunk("some content") },
      { wait: 20 },
      { end: "rst" },
    ],
  ]);
  // #endregion
  running.push(server);

  const { text, errorCode } = await exchangeBytes(server.port, REQUEST);

  expect(text).toContain("some content");
  expect(errorCode).toBe("ECONNRESET");
});

test("a connection that is kept alive reads several requests, and may die on a later one", async () => {
  const server = await start([
    [{ read: "request" }, { send: httpResponse({ body: "one" }) }, { read: "request" }, { end: "rst" }],
  ]);
  const socket = connect(server.port, "127.0.0.1");
  socket.once("data", () => socket.write(REQUEST));

  const { text, errorCode } = await hear(socket, REQUEST);

  expect(text).toContain("one");
  expect(errorCode).toBe("ECONNRESET");
  expect(server.requests.map(({ connection }) => connection)).toEqual([0, 0]);
});

test("a hold is silent until the peer leaves", async () => {
  const server = await start([[{ read: "request" }, { hold: true }, { send: "never" }]]);
  const socket = connect(server.port, "127.0.0.1");
  const heard = hear(socket, REQUEST);

  await until(() => server.requests.length === 1);
  const openBefore = server.open;
  socket.destroy();
  await server.closed();

  expect(openBefore).toBe(1);
  expect((await heard).text).toBe("");
  expect(server.bytesSent).toBe(0);
});

test("an answer in pieces arrives in pieces", async () => {
  const server = await start([[{ send: "0123456789", pieces: 3, everyMs: 10 }]]);

  const { text, reads } = await exchangeBytes(server.port, REQUEST);

  expect(text).toBe("0123456789");
  expect(reads).toBeGreaterThan(1);
});

test("pieces without a pause are still all sent", async () => {
  const server = await start([[{ send: "0123456789", pieces: 1 }]]);

  expect((await exchangeBytes(server.port, REQUEST)).text).toBe("0123456789");
});

test.each([0, 1, 3, 20_000])("%i repetitions are exactly so many", async (times) => {
  const server = await start([[{ repeat: "abcdefg", times }]]);

  expect((await exchangeBytes(server.port, REQUEST)).text).toBe("abcdefg".repeat(times));
});

test("repetitions with a pause go on until the peer leaves", async () => {
  const server = await start([[{ repeat: "HTTP/1.1 102 Processing\r\n\r\n", everyMs: 5 }]]);
  const socket = connect(server.port, "127.0.0.1");
  const heard = hear(socket, REQUEST);

  await until(() => server.bytesSent > 100);
  socket.destroy();
  await server.closed();

  expect((await heard).text).toContain("HTTP/1.1 102 Processing");
});

test("an endless answer waits for a peer that does not read", async () => {
  const server = await start([[{ repeat: "data: token\n\n" }]]);
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  socket.pause();

  let sent: number;
  do {
    sent = server.bytesSent;
    // the server sends nothing for this long only when it is held back
    await delay(50);
  } while (sent === 0 || server.bytesSent > sent);

  expect(sent).toBeLessThan(64 * 1024 * 1024);
  socket.destroy();
  await server.closed();
});

test("a peer that leaves ends a long wait", async () => {
  const server = await start([[{ wait: 60_000 }, { send: "never" }]]);
  const socket = connect(server.port, "127.0.0.1");
  await until(() => server.open === 1);

  socket.destroy();
  await server.closed();

  expect(server.open).toBe(0);
});

test("closing drops the connections that are open, and may be done twice", async () => {
  const server = await start([[{ hold: true }]]);
  const heard = exchangeBytes(server.port, REQUEST);
  await until(() => server.open === 1);

  await server.close();
  await server.close();

  await heard;
  expect(server.open).toBe(0);
});

test("over TLS the same steps are played, the RST too", async () => {
  const { key, cert } = await createCertificate();
  const script: FaultScript = [{ read: "request" }, { send: "hello" }, { wait: 20 }, { end: "rst" }];
  const server = await start([script], { tls: { key, cert, alpn: ["http/1.1"] } });
  const socket = connectTls({ port: server.port, host: "127.0.0.1", ca: cert, ALPNProtocols: ["http/1.1"] });

  const { text, errorCode } = await hear(socket, REQUEST);

  expect(server.origin).toBe(`https://127.0.0.1:${server.port}`);
  expect(socket.alpnProtocol).toBe("http/1.1");
  expect(text).toBe("hello");
  expect(errorCode).toBe("ECONNRESET");
});

test("a peer without TLS does not harm a server with it", async () => {
  const server = await start([[{ read: "request" }, { send: "hello" }]], { tls: await createCertificate() });

  const { text } = await exchangeBytes(server.port, REQUEST);
  await server.closed();

  expect(text).not.toContain("hello");
});
