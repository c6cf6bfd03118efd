import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { textOf } from "./case.ts";
import { type MeasuredGateway, startMeasured } from "./load/start.ts";

const STREAMS = 200;
const CHUNKS = 200;
const ROUNDS = 2;
const MiB = 1024 * 1024;

const running: MeasuredGateway[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
});

async function start(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<MeasuredGateway> {
  const gateway = await startMeasured(answer, { maxCalls: STREAMS });
  running.push(gateway);
  return gateway;
}

function bodyOf(content: string): string {
  return JSON.stringify({ stream: true, messages: [{ role: "user", content }] });
}

async function questionOf(request: IncomingMessage): Promise<string> {
  const { messages } = (await json(request)) as { messages: { content: string }[] };
  return messages[0]?.content ?? "";
}

function frame(content: string, finish_reason: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;
}

async function ask({ port }: MeasuredGateway, content: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: bodyOf(content),
  });
  return textOf(await response.text());
}

test("200 streams of 200 chunks at once lose nothing, keep their order, and leave memory as it was", {
  timeout: 60_000,
}, async () => {
  const chunksOf = (own: string) => Array.from({ length: CHUNKS }, (_, index) => `${own}:${index} `);
  const asked: (readonly [own: string, response: ServerResponse])[] = [];
  async function write(own: string, response: ServerResponse): Promise<void> {
    for (const chunk of chunksOf(own)) {
      response.write(frame(chunk));
      // one chunk of each stream after the other
      await turn();
    }
    response.end(`${frame("", "stop")}data: [DONE]\n\n`);
  }
  const gateway = await start(async (request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    asked.push([await questionOf(request), response]);
    // nobody is answered before all have asked
    if (asked.length < STREAMS) return;
    await Promise.all(asked.splice(0).map((each) => write(...each)));
  });
  const own = Array.from({ length: STREAMS }, (_, index) => `${index}`);
  const expected = own.map((each) => chunksOf(each).join(""));
  const askAll = () => Promise.all(own.map((each) => ask(gateway, each)));
  // the first rounds compile, and fill what is kept for later calls
  for (let round = 0; round < ROUNDS; round++) await askAll();
  const before = await gateway.measure();

  for (let round = 0; round < ROUNDS; round++) expect(await askAll()).toEqual(expected);

  const after = await gateway.measure();
  // calls that left 3 KiB each behind would show
  expect(after.heap - before.heap).toBeLessThan(MiB);
  expect(after.peak).toBeLessThan(256 * MiB);
});

test("a client that reads nothing holds the upstream back, and memory stays where it is", {
  timeout: 20_000,
}, async () => {
  let given = 0;
  let left = false;
  const piece = frame("x".repeat(16 * 1024));
  const gateway = await start(async (request, response) => {
    const endless = (await questionOf(request)) === "endless";
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.once("close", () => {
      left = endless;
    });
    while (endless && !response.destroyed) {
      given += piece.length;
      if (!response.write(piece)) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end(`${frame("hi", "stop")}data: [DONE]\n\n`);
  });
  await ask(gateway, "warm up");
  const before = await gateway.measure();
  const socket = connect(gateway.port, "127.0.0.1").pause();
  const body = bodyOf("endless");
  const head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json";
  socket.write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

  for (let last = -1; given === 0 || given > last; await delay(200)) last = given;

  const [stalledAt, stalled] = [given, await gateway.measure()];
  // a gateway that went on reading would have filled its memory by then
  await delay(1_000);
  const later = await gateway.measure();
  expect(given).toBe(stalledAt);
  expect(left).toBe(false);
  // what the sockets of both sides hold is some megabytes
  expect(given).toBeLessThan(24 * MiB);
  expect(stalled.heap - before.heap).toBeLessThan(12 * MiB);
  expect(later.heap - stalled.heap).toBeLessThan(MiB / 4);
  expect(later.peak).toBeLessThan(192 * MiB);
  socket.destroy();
  await once(socket, "close");
});
