import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { bodyReply, type Reply } from "../src/reply.ts";
import type { Site } from "../src/site.ts";
import { type RunningUpstream, startUpstream } from "../src/upstream.ts";
import { exchangeBytes } from "./raw-client.ts";
import { until } from "./until.ts";

const running: RunningUpstream[] = [];

async function start(site: Partial<Site> = {}, pieceMs = 5): Promise<RunningUpstream> {
  const upstream = await startUpstream({ answer: () => answer, ...site }, pieceMs);
  running.push(upstream);
  return upstream;
}

const portOf = ({ baseURL }: RunningUpstream): number => Number(new URL(baseURL).port);
const answer: Reply = { ...bodyReply("an answer of thirty characters", "text/plain"), cutAfter: 1 };

afterEach(async () => {
  await Promise.all(running.splice(0).map((upstream) => upstream.close()));
});

test("a request is recorded with its path, headers and body", async () => {
  const upstream = await start({ basePath: "/v1" });

  await (
    await fetch(`${upstream.baseURL}/a?b=c`, { method: "POST", headers: { "X-One": "1" }, body: "né" })
  ).text();

  expect(upstream.requests).toMatchObject([
    { method: "POST", path: "/v1/a?b=c", headers: { "x-one": "1" }, body: "né", aborted: false },
  ]);
});

test("a challenge page has status 200 and looks like one", async () => {
  const upstream = await start();
  upstream.behave("challenge");

  const response = await fetch(upstream.baseURL);

  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=UTF-8");
  expect(await response.text()).toContain("<title>Just a moment...</title>");
});

test("a limit tells how long to wait", async () => {
  const upstream = await start();
  upstream.behave("rate-limit");

  const response = await fetch(upstream.baseURL);

  expect(response.status).toBe(429);
  expect(response.headers.get("retry-after")).toBe("30");
});

test("a server error is the site's own", async () => {
  const plain = await start();
  const own = await start({ serverError: bodyReply("down", "text/plain", 503) });
  plain.behave("server-error");
  own.behave("server-error");

  expect((await fetch(plain.baseURL)).status).toBe(500);
  expect((await fetch(own.baseURL)).status).toBe(503);
});

test("a behaviour lasts until the next one", async () => {
  const upstream = await start();

  upstream.behave("server-error");
  const first = [(await fetch(upstream.baseURL)).status, (await fetch(upstream.baseURL)).status];
  upstream.behave("ok");

  expect(first).toEqual([500, 500]);
  expect((await fetch(upstream.baseURL)).status).toBe(200);
});

test("a behaviour that the site consumes ends by that", async () => {
  const upstream = await start({
    answer: ({ once: asked }) => bodyReply(`${asked("expired-nonce")}`, "text/plain"),
  });

  upstream.behave("expired-nonce");

  expect(await (await fetch(upstream.baseURL)).text()).toBe("true");
  expect(await (await fetch(upstream.baseURL)).text()).toBe("false");
});

test("a silent site never answers, and notes that the client gave up", async () => {
  const upstream = await start();
  upstream.behave("silent");
  const aborting = new AbortController();
  const response = fetch(upstream.baseURL, { signal: aborting.signal }).catch((error: unknown) => error);

  await until(() => upstream.requests.length === 1);
  aborting.abort(new Error("enough"));

  expect(await response).toEqual(new Error("enough"));
  await upstream.closed();
  expect(upstream.openSockets()).toBe(0);
  expect(upstream.requests).toMatchObject([{ aborted: true }]);
});

test("a cut resets the connection in the middle of an answer, behind what was sent", async () => {
  const chunks = ["one", "two", "three"].map((text) => Buffer.from(text));
  const upstream = await start({ answer: () => ({ status: 200, fields: [], chunks, cutAfter: 2 }) });
  upstream.behave("cut");

  const { text, errorCode } = await exchangeBytes(portOf(upstream), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await upstream.closed();

  expect(errorCode).toBe("ECONNRESET");
  expect(text).toMatch(/\r\n\r\n3\r\none\r\n3\r\ntwo\r\n$/);
  expect(upstream.requests).toMatchObject([{ aborted: false }]);
});

test("an answer in one piece is cut too", async () => {
  const upstream = await start();
  upstream.behave("cut");

  const { text, errorCode } = await exchangeBytes(portOf(upstream), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

  expect(errorCode).toBe("ECONNRESET");
  expect(text).toMatch(/an answer of th$/);
});

test("only an answer is cut or slow", async () => {
  const upstream = await start({ answer: () => bodyReply("a page", "text/plain") });
  upstream.behave("cut");

  expect(await (await fetch(upstream.baseURL)).text()).toBe("a page");
});

test("a slow answer comes in pieces", async () => {
  const upstream = await start({}, 20);
  upstream.behave("slow");
  const started = performance.now();

  const text = await (await fetch(upstream.baseURL)).text();

  expect(text).toBe("an answer of thirty characters");
  expect(performance.now() - started).toBeGreaterThan(80);
});

test("a client that leaves in the middle of a slow answer is noted", async () => {
  const upstream = await start({}, 20);
  upstream.behave("slow");

  const socket = connect(portOf(upstream), "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(socket, "data");
  socket.destroy();
  await upstream.closed();

  expect(upstream.requests).toMatchObject([{ aborted: true }]);
});

test("a client that leaves in the middle of its request does no harm", async () => {
  const upstream = await start();
  const socket = connect(portOf(upstream), "127.0.0.1");
  await once(socket, "connect");

  socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\npart");
  await until(() => upstream.openSockets() === 1);
  socket.destroy();
  await upstream.closed();

  expect((await fetch(upstream.baseURL)).status).toBe(200);
  expect(upstream.requests[0]).toMatchObject({ body: "part", aborted: true });
});

test("closing twice is closing once", async () => {
  const upstream = await start();

  await upstream.close();
  await upstream.close();

  await expect(fetch(upstream.baseURL)).rejects.toThrow("fetch failed");
});
