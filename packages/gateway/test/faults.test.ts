import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { ChatProvider, StreamPart } from "@fallthrough/core";
import { createOpenAI } from "@fallthrough/provider-openai";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type GatewayServerOptions, type RunningGateway, startGateway } from "../src/index.ts";
import { answer, memoryProvider, registryOf, text } from "./case.ts";
import { COLUMNS } from "./dialects/columns.ts";
import type { Ask, Column } from "./dialects/dialogues.ts";

// rows 74 to 81 of the fault matrix, over sockets, in every dialect

const ASK: Ask = { messages: [{ role: "user", content: "What is it?" }] };

let upstreams: Upstreams;
const running: RunningGateway[] = [];

beforeAll(async () => {
  upstreams = await startUpstreams({ pieceMs: 200 });
  // the first abort of a process loads what the time of a later one would otherwise count
  const [column] = COLUMNS as readonly [Column];
  const client = new AbortController();
  upstreams.openai.behave("slow");
  await ask(await start(), column, true, { signal: client.signal });
  client.abort();
  await upstreams.openai.closed();
});
afterAll(() => upstreams.close());
afterEach(async () => {
  upstreams.openai.behave("ok");
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
});

async function start(
  provider: ChatProvider = createOpenAI({ baseURL: upstreams.openai.baseURL, models: [{ id: "llama3.2" }] }),
  options: GatewayServerOptions = {},
): Promise<RunningGateway> {
  const gateway = await startGateway(registryOf(provider), { port: 0, graceMs: 200, ...options });
  running.push(gateway);
  return gateway;
}

function ask(
  { port }: RunningGateway,
  column: Column,
  stream: boolean,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${column.path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(column.body(ASK, stream)),
    ...init,
  });
}

/** A socket that has sent a request with this body. */
async function sendRaw(
  { port }: RunningGateway,
  { path }: Column,
  fields: string,
  body: string | Uint8Array,
): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json`;
  socket.write(`${head}\r\n${fields}\r\n\r\n`);
  socket.write(body);
  return socket;
}

describe.each(COLUMNS.map((column) => [column.name, column] as const))("%s", (_, column) => {
  const body = JSON.stringify(column.body(ASK, true));

  test.each([
    ["in a stream", "slow", true],
    ["while a whole answer is awaited", "silent", false],
  ] as const)(
    "74: a client that leaves %s ends the call upstream within 100 ms",
    async (_, behaviour, stream) => {
      upstreams.openai.behave(behaviour);
      const before = upstreams.openai.requests.length;
      const client = new AbortController();
      const gateway = await start();
      const asked = ask(gateway, column, stream, { signal: client.signal });
      asked.catch(() => {});
      if (behaviour === "slow") await asked;
      else await vi.waitFor(() => expect(upstreams.openai.requests.length).toBe(before + 1));

      client.abort();

      await vi.waitFor(() => expect(upstreams.openai.requests.at(-1)?.aborted).toBe(true), {
        timeout: 100,
        interval: 5,
      });
      await upstreams.openai.closed();
    },
  );

  test("74: a client that leaves counts against nobody", async () => {
    const provider = memoryProvider("one", [...text("half"), "silence"]);
    const registry = registryOf(provider);
    const gateway = await startGateway(registry, { port: 0 });
    running.push(gateway);
    for (let calls = 0; calls < 4; calls++) {
      const client = new AbortController();
      await ask(gateway, column, true, { signal: client.signal });
      client.abort();
      await vi.waitFor(() => expect(provider.open).toBe(0));
    }

    expect((await registry.explain()).at(-1)).toMatchObject({ outcome: "asked" });
  });

  test("75: a client that reads nothing holds the provider back, and its connection is closed in the end", async () => {
    function* endless(): Iterable<StreamPart> {
      for (;;) yield { type: "text-delta", delta: "x".repeat(16 * 1024) };
    }
    const provider = memoryProvider("one", endless());
    const gateway = await start(provider, { writeMs: 150 });
    const socket = await sendRaw(gateway, column, `Content-Length: ${body.length}`, body);
    socket.on("error", () => {});

    let taken = -1;
    await vi.waitFor(
      () => {
        const before = taken;
        taken = provider.taken;
        expect(taken).toBe(before);
      },
      { timeout: 5_000, interval: 50 },
    );

    // what the sockets of both sides hold is some megabytes
    expect(taken * 16 * 1024).toBeLessThan(32 * 1024 * 1024);
    await vi.waitFor(() => expect(provider.open).toBe(0), { timeout: 3_000 });
    expect(provider.taken - taken).toBeLessThan(3);
    // an end of the answer that came late would be seen within this time
    await delay(300);
    // the end of an answer would leave the connection open, and tell why
    const received = await readAll(socket).catch(() => "reset");
    expect(received).not.toContain("client_stalled");
  });

  test("76: a client that waits for the first content gets signs of life", async () => {
    const gateway = await start(memoryProvider("one", [300, ...answer("hi")]), { keepaliveMs: 50 });

    const told = await column.read(await ask(gateway, column, true), true);

    expect(told).toMatchObject({ text: "hi", finishReason: "stop" });
    expect(told.keepAlives).toBeGreaterThan(1);
  });

  test("77: a failure before any byte has a status, and one behind it is told without an end", async () => {
    const gateway = await start();
    upstreams.openai.behave("cut");
    const after = await ask(gateway, column, true);
    const told = await column.read(after, true);
    upstreams.openai.behave("server-error");
    const before = await ask(gateway, column, true);

    expect(after.status).toBe(200);
    expect(told.error).toBe(column.errors.after);
    expect(told.finishReason).toBeUndefined();
    expect(before.status).toBe(502);
    expect((await column.read(before, true)).error).toEqual(expect.any(String));
  });

  test("78: a body beyond the limit is refused, by its length, while it is read, and compressed", async () => {
    const provider = memoryProvider("one", answer("hi"));
    const gateway = await start(provider, { bodyBytes: 1024 });
    const large = "x".repeat(2048);
    const chunked = `${large.length.toString(16)}\r\n${large}\r\n`;
    const zipped = gzipSync(body);

    const declared = await sendRaw(
      gateway,
      column,
      `Content-Length: ${large.length}\r\nConnection: close`,
      large,
    );
    const undeclared = await sendRaw(
      gateway,
      column,
      "Transfer-Encoding: chunked\r\nConnection: close",
      chunked,
    );
    const fields = `Content-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\nConnection: close`;
    const compressed = await sendRaw(gateway, column, fields, zipped);

    expect(await readAll(declared)).toMatch(/^HTTP\/1.1 413 /);
    expect(await readAll(undeclared)).toMatch(/^HTTP\/1.1 413 /);
    expect(await readAll(compressed)).toMatch(/^HTTP\/1.1 415 /);
    expect(provider.requests).toHaveLength(0);
  });

  test.each([
    ["bad JSON", "{", "application/json", 400],
    ["another content type", "{}", "text/plain", 415],
  ])("79: %s is refused", async (_, sent, type, status) => {
    const response = await ask(await start(), column, true, {
      body: sent,
      headers: { "content-type": type },
    });

    expect(response.status).toBe(status);
    expect((await column.read(response, true)).error).toEqual(expect.any(String));
  });

  test.each([
    ["a head with two hosts", "", "Host: localhost\r\nHost: localhost", 400],
    ["an absolute URL", "http://localhost", "Host: localhost", 400],
    ["a foreign host", "", "Host: evil.example", 421],
    ["a foreign page", "", "Host: localhost\r\nOrigin: https://evil.example", 403],
  ])("79: %s is refused", async (_, origin, head, status) => {
    const provider = memoryProvider("one", answer("hi"));
    const { port } = await start(provider);
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const fields = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
    socket.write(`POST ${origin}${column.path} HTTP/1.1\r\n${head}\r\n${fields}\r\n\r\n${body}`);

    const answered = await readAll(socket);
    const told = JSON.parse(answered.slice(answered.indexOf("\r\n\r\n")));

    expect(answered).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(told).toHaveProperty("error");
    expect(answered).not.toMatch(/access-control-/i);
    expect(provider.requests).toEqual([]);
  });

  test("80: text that looks like the protocol arrives as it was", async () => {
    const delta = 'a\r\n\r\ndata: [DONE]\r\n\r\nevent: error\n\n{"done":true}\n\u2028\u0085b\u0000c';
    const gateway = await start(memoryProvider("one", answer(delta)));

    const told = await column.read(await ask(gateway, column, true), true);

    expect(told).toMatchObject({ text: delta, finishReason: "stop" });
  });

  test("81: a gateway that closes takes no new call, and tells a stream after its time", async () => {
    const provider = memoryProvider("one", [...text("half"), "silence"]);
    const gateway = await start(provider);
    const response = await ask(gateway, column, true);

    const closed = gateway.close();
    const late = await ask(gateway, column, false).then(
      ({ status }) => status,
      () => "refused",
    );
    running.length = 0;
    const told = await column.read(response, true);

    expect(["refused", 503, 529]).toContain(late);
    expect(told).toMatchObject({ text: "half", error: expect.any(String) });
    expect(told.finishReason).toBeUndefined();
    expect(provider.requests).toHaveLength(1);
    await closed;
  });
});
