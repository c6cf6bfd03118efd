import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect, expectTypeOf, onTestFinished, test } from "vitest";
import type { ChatProvider, ChatRequest, StreamPart } from "../../src/contract/contract.ts";
import { ChatError } from "../../src/errors/chat-error.ts";
import { chat } from "../../src/reply/chat.ts";
import {
  createScripted,
  createToy,
  FINISH,
  failureOf,
  messages,
  reasonOf,
  text,
  until,
} from "../providers.ts";

const BROKEN = new ChatError("interrupted", "the connection broke");

function breaksAfter(...parts: readonly StreamPart[]): ChatProvider {
  return createToy(async function* () {
    yield* parts;
    throw BROKEN;
  });
}

/** A provider that answers with one text and then hangs, and what it learns of its call. */
function createHanging(before: readonly StreamPart[] = text("begun")) {
  const seen: { signal?: AbortSignal | undefined } = {};
  const provider = createToy(async function* ({ signal }: ChatRequest) {
    seen.signal = signal;
    yield* before;
    await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  });
  return { provider, seen };
}

/** A web handler under Node's own server, as frameworks run one. */
async function serve(handle: (request: Request) => Promise<Response>): Promise<string> {
  const server = createServer(async (incoming, outgoing) => {
    const left = new AbortController();
    outgoing.on("close", () => left.abort());
    const response = await handle(new Request("http://127.0.0.1/", { signal: left.signal }));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body === null) outgoing.end();
    else await pipeline(Readable.fromWeb(response.body as never), outgoing).catch(() => {});
    incoming.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function eventsOf(body: string): unknown[] {
  return body
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => JSON.parse(event.replace(/^(?:event: error\n)?data: /, "")));
}

test("the text of an answer is the body of a response", async () => {
  const provider = createScripted({ type: "reasoning-delta", delta: "why" }, ...text("hel", "lo 🌊"), FINISH);

  const response = await chat(provider, { messages }).toResponse();

  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  expect(await response.text()).toBe("hello 🌊");
});

test("the events of an answer are its parts, and tell nothing of who was asked", async () => {
  const parts: readonly StreamPart[] = [
    { type: "reasoning-delta", delta: "why" },
    ...text("hello"),
    { type: "tool-call", id: "1", name: "f", arguments: "{}" },
  ];
  const finish = { type: "finish", finishReason: "tool-calls", usage: { totalTokens: 3 } } as const;
  const provider = createScripted(...parts, {
    ...finish,
    response: { id: "r", headers: { "x-host": "inner" } },
  });

  const response = await chat(provider, { messages }).toResponse({
    format: "events",
    headers: { "x-own": "1", "cache-control": "no-store" },
  });

  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(response.headers.get("x-own")).toBe("1");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(eventsOf(await response.text())).toEqual([...parts, finish]);
});

test.each([
  [new ChatError("rate-limit", "answered 429", { retryAfterMs: 2_500 }), 429, "rate-limit"],
  [new ChatError("timeout", "was silent"), 504, "timeout"],
  [new ChatError("server", "answered 500: secret words of the server"), 502, "server"],
  [new ChatError("context-length", "the prompt is too long"), 413, "context-length"],
])("a failure before the content is a status and JSON: %s", async (failure, status, code) => {
  const provider = createToy(async function* () {
    yield { type: "warning", code: "other", message: "m" };
    throw failure;
  });

  const response = await chat(provider, { messages }).toResponse({ format: "events" });
  const { error } = (await response.json()) as { error: Record<string, unknown> };

  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("retry-after")).toBe(code === "rate-limit" ? "3" : null);
  expect(error["code"]).toBe(code);
  expect(Object.keys(error)).toEqual(
    code === "rate-limit" ? ["message", "code", "retryAt"] : ["message", "code"],
  );
  expect(error["message"]).not.toContain("secret words");
});

test("a request that is wrong is a status 400 that names the field", async () => {
  const response = await chat(createScripted(...text("a"), FINISH), {
    messages: [{ role: "user", content: 5 }] as never,
  }).toResponse();

  expect(response.status).toBe(400);
  expect(await response.text()).toContain("content");
});

test("a failure after the content breaks the text, which its reader sees over HTTP, too", async () => {
  const url = await serve(() => chat(breaksAfter(...text("begun")), { messages }).toResponse());

  const response = await fetch(url);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const first = await reader.read();

  expect(response.status).toBe(200);
  expect(new TextDecoder().decode(first.value)).toBe("begun");
  expect(await reasonOf(reader.read())).toBeInstanceOf(TypeError);
});

test("a failure after the content is the last event, and no finish comes", async () => {
  const url = await serve(() =>
    chat(breaksAfter(...text("begun")), { messages }).toResponse({ format: "events" }),
  );

  const body = await (await fetch(url)).text();

  expect(body).toContain("event: error\n");
  expect(eventsOf(body)).toEqual([
    { type: "text-delta", delta: "begun" },
    { error: { code: "interrupted", message: expect.stringContaining("interrupted") } },
  ]);
});

test("a client that leaves ends the call", async () => {
  const { provider, seen } = createHanging();
  const url = await serve(() => chat(provider, { messages }).toResponse());

  const response = await fetch(url);
  await response.body?.cancel();

  await until(() => seen.signal?.aborted === true);
});

test("the signal of the request ends the call before and after the content", async () => {
  for (const before of [[], text("begun")]) {
    const { provider, seen } = createHanging(before);
    const controller = new AbortController();
    const answering = serve(async (request) =>
      chat(provider, { messages, signal: request.signal }).toResponse(),
    ).then((url) => fetch(url, { signal: controller.signal }));
    await until(() => seen.signal !== undefined);

    if (before.length > 0) await answering;
    const reading = reasonOf(answering.then((response) => response.text()));
    controller.abort();

    await until(() => seen.signal?.aborted === true);
    await reading;
  }
});

test("an abort before the content is an answer for nobody, or for one whose time ran out", async () => {
  const { provider } = createHanging([]);
  const left = chat(provider, { messages, signal: AbortSignal.abort() }).toResponse();
  const late = chat(provider, { messages, signal: AbortSignal.timeout(5) }).toResponse();

  const odd = chat(provider, { messages, signal: AbortSignal.abort({ name: "TimeoutError" }) }).toResponse();
  const own = { headers: { "x-own": "1", "content-type": "text/x-own" } };
  const named = chat(provider, { messages, signal: AbortSignal.abort(new Error("mine")) }).toResponse(own);

  expect([(await left).status, (await late).status, (await odd).status]).toEqual([499, 504, 499]);
  expect(await (await left).json()).toEqual({
    error: { code: "aborted", message: "the client left before the answer began" },
  });
  expect(await (await late).json()).toEqual({
    error: { code: "deadline", message: "the time for the answer ran out" },
  });
  expect((await named).status).toBe(499);
  expect((await left).headers.get("x-should-retry")).toBeNull();
  expect((await named).headers.get("x-own")).toBe("1");
  expect((await named).headers.get("content-type")).toBe("text/x-own");
});

test("an abort after the content breaks the body with the caller's own reason", async () => {
  for (const format of ["text", "events"] as const) {
    const reason = new Error("mine");
    const controller = new AbortController();
    const { provider } = createHanging();
    const response = await chat(provider, { messages, signal: controller.signal }).toResponse({ format });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();

    controller.abort(reason);

    expect(await reasonOf(reader.read())).toBe(reason);
  }
});

test("a body that nobody reads is given up after firstChunkMs, and keeps no timer", async () => {
  const { provider, seen } = createHanging();
  const response = await chat(provider, { messages, timeouts: { firstChunkMs: 30 } }).toResponse();
  expect(seen.signal?.aborted).toBe(false);
  const kept = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

  await until(() => seen.signal?.aborted === true);

  expect(await failureOf(response.text())).toMatchObject({
    code: "timeout",
    message: "the answer waited 30 ms for its reader, expected one within `firstChunkMs`",
  });
  expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBeLessThanOrEqual(
    kept,
  );
});

test("a body that somebody reads slowly is not given up", async () => {
  const response = await chat(createScripted(...text("a", "b"), FINISH), {
    messages,
    timeouts: { firstChunkMs: 20 },
  }).toResponse();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const first = await reader.read();
  // longer than the time after which an unread body is given up
  await delay(60);
  let rest = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read())
    rest += new TextDecoder().decode(piece.value);

  expect(new TextDecoder().decode(first.value) + rest).toBe("ab");
});

test("a timer that is off gives nothing up", async () => {
  for (const firstChunkMs of [0, Number.POSITIVE_INFINITY]) {
    const { provider, seen } = createHanging();
    const response = await chat(provider, { messages, timeouts: { firstChunkMs } }).toResponse();
    // any timer of a wrong length would be due at once
    await delay(20);

    expect(seen.signal?.aborted).toBe(false);
    await response.body?.cancel();
  }
});

test("a body that its reader cancels is given up by no timer", async () => {
  const { provider } = createHanging();
  const before = process.getActiveResourcesInfo().length;
  const response = await chat(provider, { messages, timeouts: { firstChunkMs: 20 } }).toResponse();

  await response.body?.cancel();
  // longer than `firstChunkMs`
  await delay(40);

  expect(await response.body?.getReader().read()).toEqual({ done: true, value: undefined });
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before);
});

test("a body passes over what has nothing for its reader, and ends once the answer does", async () => {
  const provider = createScripted(
    ...text("a"),
    { type: "source", url: "https://toy.example" },
    { type: "reasoning-delta", delta: "b" },
    ...text("c"),
    FINISH,
  );
  const response = await chat(provider, { messages }).toResponse();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const pieces: string[] = [];

  for (let piece = await reader.read(); !piece.done; piece = await reader.read())
    pieces.push(new TextDecoder().decode(piece.value));

  expect(pieces).toEqual(["a", "c"]);
});

test("the failure of an exhausted chain is a status that tells who was asked", async () => {
  const attempts = [{ provider: "a", outcome: "failed", code: "server", ms: 1 }];
  const exhausted = Object.assign(new Error("all failed"), {
    [Symbol.for("@fallthrough/registry/1.ChainExhaustedError")]: true,
    route: { attempts },
    errors: [],
  });
  const provider = createToy(async function* () {
    yield* [];
    throw exhausted;
  });

  const response = await chat(provider, { messages }).toResponse();

  expect(response.status).toBe(502);
  expect(await response.json()).toEqual({
    error: { code: "exhausted", message: "no provider answered: a failed (server)" },
  });
});

test("the text stream is bytes, and begins with the first read", async () => {
  let calls = 0;
  const reply = chat(
    createToy(async function* () {
      calls++;
      yield* text("hel", "lo");
      yield FINISH;
    }),
    { messages },
  );

  const stream = reply.toTextStream();
  expectTypeOf(stream).toEqualTypeOf<ReadableStream<Uint8Array>>();
  // the turn in which an eager stream would begin
  await delay(5);
  expect(calls).toBe(0);

  expect(await new Response(stream).text()).toBe("hello");
  expect((await reply.result()).text).toBe("hello");
});

test("the text stream fails as the call does, and ends it when it is cancelled", async () => {
  expect(
    await failureOf(new Response(chat(breaksAfter(), { messages }).toTextStream()).text()),
  ).toMatchObject({ code: "interrupted" });

  const { provider, seen } = createHanging();
  const reader = chat(provider, { messages }).toTextStream().getReader();
  await reader.read();
  const reading = reader.read();
  await reader.cancel();

  expect(await reading).toEqual({ done: true, value: undefined });
  expect(seen.signal?.aborted).toBe(true);
});

test("a reply that somebody reads already, and a wrong option, are the handler's own mistakes", async () => {
  const reply = chat(createScripted(...text("a"), FINISH), { messages });
  await reply.text();

  expect(await failureOf(reply.toResponse())).toMatchObject({ code: "config" });
  expect(
    await failureOf(chat(createScripted(), { messages }).toResponse({ format: "sse" } as never)),
  ).toMatchObject({ code: "config", message: expect.stringContaining("format") });
});
