import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { setTimeout as delay, setImmediate } from "node:timers/promises";
import type { ChatProvider, StreamPart } from "@fallthrough/core";
import { partLists } from "@fallthrough/core/provider";
import { afterEach, expect, test, vi } from "vitest";
import { type GatewayServerOptions, type RunningGateway, startGateway } from "../src/index.ts";
import { openNodeExchange } from "../src/node-exchange.ts";
import { answer, eventsOf, MESSAGES, memoryProvider, registryOf, textOf } from "./case.ts";

const running: RunningGateway[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
});

async function start(provider: ChatProvider, options: GatewayServerOptions = {}): Promise<RunningGateway> {
  const gateway = await startGateway(registryOf(provider), { port: 0, ...options });
  running.push(gateway);
  return gateway;
}

function ask({ baseURL }: RunningGateway): Promise<Response> {
  return fetch(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages: MESSAGES, stream: true }),
  });
}

/** A request after which the server closes, byte for byte. */
function requestOf(body: object): string {
  const text = JSON.stringify(body);
  const head =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close";
  return `${head}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** The body of an answer that came in chunks. */
function withoutChunkHeads(answered: string): string {
  const body = answered.slice(answered.indexOf("\r\n\r\n") + 2);
  return body.replace(/\r\n[0-9a-f]+\r\n/g, "");
}

/** A provider whose answers come whole, in one list. */
function promptProvider(parts: readonly StreamPart[]): ChatProvider {
  return { ...memoryProvider("one", []), stream: () => partLists(() => parts) };
}

test("an answer that has come at once is written whole and in order", async () => {
  const deltas = Array.from({ length: 50 }, (_, index) => `${index} `);
  const gateway = await start(promptProvider(answer(...deltas)));

  const stream = await (await ask(gateway)).text();

  expect(textOf(stream)).toBe(deltas.join(""));
  expect(eventsOf(stream)).toHaveLength(deltas.length + 3);
});

test("an answer that has come at once and is large is written whole too", async () => {
  const deltas = Array.from({ length: 64 }, (_, index) => `${index % 10}`.repeat(16 * 1024));
  const gateway = await start(promptProvider(answer(...deltas)));

  const stream = await (await ask(gateway)).text();

  expect(textOf(stream)).toBe(deltas.join(""));
});

test("a head that comes before the first content does not wait for it", async () => {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  async function* stream(): AsyncGenerator<StreamPart> {
    await released;
    yield* answer("hi");
  }
  const gateway = await start({ ...memoryProvider("one", []), stream }, { keepaliveMs: 20 });

  const response = await ask(gateway);
  release();

  expect(textOf(await response.text())).toBe("hi");
});

test.each([
  ["with its head", true],
  ["after its head and in pieces", false],
])("a body that comes %s is read whole", async (_, together) => {
  const provider = memoryProvider("one", answer("hi"));
  const { port } = await start(provider);
  const socket = connect(port, "127.0.0.1").setNoDelay();
  await once(socket, "connect");
  const request = requestOf({ messages: MESSAGES });
  const body = request.indexOf("{");

  for (const piece of together
    ? [request]
    : [request.slice(0, body), request.slice(body, body + 9), request.slice(body + 9)]) {
    socket.write(piece);
    await setImmediate();
  }

  expect(await readAll(socket)).toMatch(/^HTTP\/1.1 200 /);
  expect(provider.requests).toHaveLength(1);
});

test("a client that never ends a body which nobody reads is let go after its answer", async () => {
  const { port } = await start(memoryProvider("one", []), { bodyBytes: 16 });
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");

  socket.write("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
  socket.write("Content-Length: 1000000\r\n\r\n{");

  expect(await readAll(socket)).toMatch(/^HTTP\/1.1 413 /);
});

test("a client that takes a little of a large delta at a time is not taken for one that stalls", {
  timeout: 20_000,
}, async () => {
  const delta = "x".repeat(24 * 1024 * 1024);
  const writeMs = 500;
  const { port } = await start(memoryProvider("one", answer(delta)), { writeMs });
  const socket = connect(port, "127.0.0.1");
  socket.write(requestOf({ messages: MESSAGES, stream: true }));
  const started = performance.now();

  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk);
    // slower than the provider by far
    await delay(4);
  }

  const stream = Buffer.concat(chunks).toString();
  // one write of the whole would have taken longer than a client may be still
  expect(performance.now() - started).toBeGreaterThan(2 * writeMs);
  expect(stream.slice(-60)).toContain("data: [DONE]");
  expect(textOf(withoutChunkHeads(stream)) === delta).toBe(true);
});

test("a client that takes nothing holds the provider back", async () => {
  function* endless(): Iterable<StreamPart> {
    for (;;) yield { type: "text-delta", delta: "x".repeat(16 * 1024) };
  }
  const provider = memoryProvider("one", endless());
  const { port } = await start(provider);
  const socket = connect(port, "127.0.0.1").pause();
  socket.write(requestOf({ messages: MESSAGES, stream: true }));

  let taken = -1;
  while (provider.taken === 0 || provider.taken > taken) {
    taken = provider.taken;
    // until what the sockets hold is full
    await delay(100);
  }

  // what the sockets of both sides hold is some megabytes
  expect(taken).toBeLessThan(1_000);
  socket.destroy();
  await vi.waitFor(() => expect(provider.open).toBe(0));
});

test("an answer that waits for its client is over when the client leaves", async () => {
  let isOver = false;
  async function* endless(): AsyncGenerator<string, undefined> {
    try {
      for (;;) yield "x".repeat(64 * 1024);
    } finally {
      isOver = true;
    }
  }
  const server = createServer((incoming, outgoing) => {
    void openNodeExchange(incoming, outgoing).answer({ status: 200, headers: {}, body: endless() });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").pause();
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

  // until what the sockets hold is full
  await delay(300);
  expect(isOver).toBe(false);
  socket.destroy();

  await vi.waitFor(() => expect(isOver).toBe(true));
  server.close();
});

test("a provider whose id no header takes as it is has a header and an answer all the same", async () => {
  const gateway = await start(memoryProvider("größe→\n", answer("hi")));

  const response = await ask(gateway);

  expect(response.headers.get("x-fallthrough-provider")).toBe("gr%C3%B6%C3%9Fe%E2%86%92%0A");
  expect(textOf(await response.text())).toBe("hi");
});

test("the head of a page is told without its body", async () => {
  const { port } = await start(memoryProvider("one", []));

  const response = await fetch(`http://127.0.0.1:${port}/healthz?a`, { method: "HEAD" });

  expect(response.status).toBe(200);
  expect(await response.text()).toBe("");
});
