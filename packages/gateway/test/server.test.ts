import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { type GatewayServerOptions, type RunningGateway, startGateway } from "../src/index.ts";
import { answer, memoryProvider, registryOf } from "./case.ts";

const running: RunningGateway[] = [];
const registry = registryOf(memoryProvider("one", answer("hi")));

afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
});

async function start(options: GatewayServerOptions = {}): Promise<RunningGateway> {
  const gateway = await startGateway(registry, { port: 0, ...options });
  running.push(gateway);
  return gateway;
}

/** Sends these bytes and gives what comes back until the server closes. */
async function send(port: number, bytes: string): Promise<string> {
  const socket: Socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(bytes);
  return readAll(socket);
}

test("a gateway serves the registry until it is closed", async () => {
  const port = 0;
  // #region start
  const gateway = await startGateway(registry, { port, token: "a-token-of-mine" });
  const response = await fetch(`${gateway.baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer a-token-of-mine" },
    body: JSON.stringify({ model: "auto", messages: [{ role: "user", content: "Why is the sky blue?" }] }),
  });
  console.log(response.headers.get("x-fallthrough-provider"), await response.json());
  await gateway.close();
  // #endregion

  expect(response.status).toBe(200);
  await expect(fetch(`${gateway.baseURL}/models`)).rejects.toThrow("fetch failed");
});

test.each([
  ["an absolute URL", "GET http://127.0.0.1/healthz HTTP/1.1\r\nHost: 127.0.0.1", 400],
  ["two hosts", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1", 400],
  ["no host", "GET /healthz HTTP/1.1", 400],
  ["a host that is none", "GET /healthz HTTP/1.1\r\nHost: a b", 400],
  ["a foreign host", "GET /healthz HTTP/1.1\r\nHost: evil.example", 421],
  ["a foreign page", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example", 403],
  [
    "two lengths",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
    400,
  ],
  ["headers beyond measure", `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"x".repeat(20_000)}`, 431],
  ["what is no HTTP", "SSH-2.0-OpenSSH", 400],
])("%s is refused with an error in OpenAI's shape", async (_, head, status) => {
  const { port } = await start();

  const answered = await send(port, `${head}\r\nConnection: close\r\n\r\n`);

  expect(answered).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  const body = answered.slice(answered.indexOf("\r\n\r\n")).trim();
  expect(JSON.parse(body)).toMatchObject({ error: { type: expect.any(String), code: expect.any(String) } });
});

test("the classes of the platform stay as they are", async () => {
  const { Request, Response } = globalThis;

  await start();

  expect(globalThis.Request).toBe(Request);
  expect(globalThis.Response).toBe(Response);
});

test("no answer carries a header for pages of other sites", async () => {
  const { baseURL } = await start();

  const { headers } = await fetch(`${baseURL}/models`, { method: "OPTIONS" });

  expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
});

test.each([
  ["another address without a token", { host: "0.0.0.0" }, "needs a token"],
  ["a name of another machine", { host: "host.invalid", token: "t" }, "is not an address of this machine"],
  ["an address of another machine", { host: "192.0.2.1", token: "t" }, "is not an address of this machine"],
  ["an unusable token", { token: "two words" }, "the token is unusable"],
])("%s is a config error", async (_, options, message) => {
  await expect(start(options)).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining(message),
  });
});

test("a taken port is a config error", async () => {
  const { port } = await start();

  await expect(start({ port })).rejects.toMatchObject({
    code: "config",
    message: `127.0.0.1:${port} is taken, expected a free port`,
  });
});

test("behind a wildcard a token is asked for, and every address of the machine answers", async () => {
  const { port } = await start({ host: "0.0.0.0", token: "t0ken" });
  const url = `http://127.0.0.1:${port}/v1/models`;

  const refused = await fetch(url);
  const answered = await fetch(url, { headers: { authorization: "Bearer t0ken" } });

  expect(refused.status).toBe(401);
  expect(answered.status).toBe(200);
});
