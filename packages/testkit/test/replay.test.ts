import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { httpResponse } from "../src/http-message.ts";
import { readRecording } from "../src/recording.ts";
import { type Exchange, type ReplayOptions, startReplay } from "../src/replay.ts";
import type { ReceivedRequest } from "../src/request-reader.ts";
import type { SocketServer } from "../src/socket-server.ts";
import { exchangeBytes } from "./raw-client.ts";
import { until } from "./until.ts";

const PACKAGED = new URL("../fixtures/", import.meta.url);
const REQUEST = "GET / HTTP/1.1\r\n\r\n";
const running: SocketServer[] = [];

async function start(
  exchanges: readonly Exchange[] | ((request: ReceivedRequest) => Exchange | undefined),
  options?: ReplayOptions,
): Promise<SocketServer> {
  const server = await startReplay(exchanges, options);
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

test.each([undefined, 1, 7])(
  "an answer off the socket is played byte for byte, %s bytes a piece",
  async (bytesPerPiece) => {
    const name = "ai-power/2.3.43/021-ok-2-stream";
    const server = await start([readRecording(new URL(`${name}.txt`, PACKAGED))], { bytesPerPiece });

    const { text } = await exchangeBytes(server.port, REQUEST);

    expect(text).toBe(readFileSync(new URL(`${name}.raw`, PACKAGED), "latin1"));
  },
);

test("framing that was kept as text gets its line ends back", async () => {
  const server = await start([readRecording(new URL("ai-power/1.9.18/42-unknown-action.txt", PACKAGED))]);

  const { text } = await exchangeBytes(server.port, REQUEST);

  expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nServer: nginx\/1\.22\.1\r\n/);
  expect(text).toMatch(/\r\n\r\n1\r\n0\r\n0\r\n\r\n$/);
});

test("a dechunked body is framed as its head says", async () => {
  const file = new URL("pandora/1.3.1/talk-ok.txt", PACKAGED);

  // #region replay
  const server = await startReplay([readRecording(file)], { bytesPerPiece: 7 });
  const response = await fetch(server.origin);
  // #endregion
  running.push(server);

  expect(await response.text()).toContain("data: [DONE]");
});

test("exchanges are played in order, on a connection that is kept where the answer allows it", async () => {
  const server = await start([
    { response: httpResponse({ body: "one" }) },
    { response: httpResponse({ headers: { connection: "close" }, body: "two" }) },
  ]);

  const { text } = await exchangeBytes(server.port, REQUEST + REQUEST);

  expect(text).toMatch(/one.*two/s);
  expect(server.requests.map(({ connection }) => connection)).toEqual([0, 0]);
});

test("a request too many is answered with status 500", async () => {
  const server = await start([]);

  const response = await fetch(`${server.origin}/more`);

  expect(response.status).toBe(500);
  expect(await response.text()).toBe("no exchange for GET /more");
});

test("a function finds the exchange for a request", async () => {
  const server = await start(({ path }) =>
    path === "/found" ? { response: httpResponse({ body: "it" }) } : undefined,
  );

  expect(await (await fetch(`${server.origin}/found`)).text()).toBe("it");
  expect((await fetch(`${server.origin}/other`)).status).toBe(500);
});

test("an exchange without an answer is silence", async () => {
  const server = await start([readRecording(new URL("pandora/1.3.1/talk-html403.txt", PACKAGED))]);
  const aborting = new AbortController();
  const answer = fetch(server.origin, { signal: aborting.signal }).catch((error: unknown) => error);

  await until(() => server.requests.length === 1);
  aborting.abort(new Error("enough"));

  expect(await answer).toEqual(new Error("enough"));
  await server.closed();
  expect(server.bytesSent).toBe(0);
});

test("the origin of a recording becomes the replay's own", async () => {
  const recording = readRecording(new URL("ai-power/1.9.18/01-page-home.txt", PACKAGED));
  const server = await start([recording], { recordedOrigin: "http://127.0.0.1:8099" });

  const page = await (await fetch(server.origin)).text();

  expect(page).toContain(`data-url="${server.origin}"`);
  expect(page).toContain(`"ajax_url":"http:\\/\\/127.0.0.1:${server.port}\\/wp-admin`);
  expect(page).not.toContain("8099");
});
