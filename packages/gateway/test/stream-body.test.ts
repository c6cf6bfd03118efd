import { setTimeout as delay } from "node:timers/promises";
import { ChatError, type StreamPart } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { expect, test, vi } from "vitest";
import type { OpenCall } from "../src/calls.ts";
import { createGateway } from "../src/index.ts";
import { createStreamBody } from "../src/stream-body.ts";
import { answer, eventsOf, memoryProvider, post, registryOf, text, textOf } from "./case.ts";

const STREAM = { stream: true };

test("while nobody has answered a failure is a status, also when a stream was asked for", async () => {
  const gateway = createGateway(registryOf(memoryProvider("one", [50, new ChatError("auth", "no")])));

  const response = await post(gateway, STREAM);

  expect(response.status).toBe(502);
  expect(response.headers.get("content-type")).toBe("application/json");
});

test("a client that waits gets a head and comments, and the answer when it comes", async () => {
  const gateway = createGateway(registryOf(memoryProvider("one", [250, ...answer("hi")])), {
    keepaliveMs: 60,
  });

  const response = await post(gateway, STREAM);
  const stream = await response.text();

  expect(response.headers.get("x-fallthrough-provider")).toBeNull();
  expect(stream).toMatch(/^(: keepalive\n\n)+data: /);
  expect(textOf(stream)).toBe("hi");
  expect(eventsOf(stream)[0]).toMatchObject({ model: "one/model" });
});

test("a client that waits for a model to be loaded is told so in comments", async () => {
  const declared = { specificationVersion: 1, id: "ollama", name: "Ollama", models: [{ id: "llama3.2" }] };
  const fallthrough = { ...declared, status: { state: "active", checked: "2026-01-01" } };
  const provider = {
    ...memoryProvider("ollama", [250, ...answer("hi")]),
    ...providerCard({ fallthrough }, { baseURL: "http://127.0.0.1:11434/v1" }),
  };
  const gateway = createGateway(registryOf(provider), { keepaliveMs: 60 });

  const stream = await (await post(gateway, STREAM)).text();

  expect(stream).toMatch(/^(: ollama is loading llama3\.2 \.\.\. 0 s\n\n: keepalive\n\n)+data: /);
  expect(textOf(stream)).toBe("hi");
});

test("comments do not keep a silent provider alive: its timer ends the call with an event", async () => {
  const provider = memoryProvider("one", ["silence"]);
  const { chat, ...registry } = registryOf(provider);
  const timeouts = { firstChunkMs: 200 };
  const gateway = createGateway(
    { ...registry, chat: (request) => chat({ ...request, timeouts }) },
    { keepaliveMs: 50 },
  );

  const stream = await (await post(gateway, STREAM)).text();

  expect(stream).toContain(": keepalive\n\n");
  expect(eventsOf(stream)).toMatchObject([{ error: { code: "timeout" } }]);
});

test("a failure after content is one event and no end marker", async () => {
  const cut = [...text("half"), new ChatError("interrupted", "cut")];
  const gateway = createGateway(
    registryOf(memoryProvider("one", cut), memoryProvider("two", answer("other"))),
  );

  const response = await post(gateway, STREAM);
  const stream = await response.text();

  expect(response.status).toBe(200);
  expect(textOf(stream)).toBe("half");
  expect(eventsOf(stream).at(-1)).toMatchObject({ error: { code: "interrupted", provider: "one" } });
  expect(stream).not.toContain("[DONE]");
});

test("a client that leaves ends the call of the provider and frees its place", async () => {
  const provider = memoryProvider("one", [...text("half"), "silence"]);
  const gateway = createGateway(registryOf(provider), { maxCalls: 1 });
  const response = await post(gateway, STREAM);

  await response.body?.cancel();

  await vi.waitFor(() => expect(provider.open).toBe(0), { timeout: 100, interval: 5 });
  expect((await post(gateway, { model: "none" })).status).toBe(404);
});

test("parts are taken of the provider only as the client takes them", async () => {
  function* endless(): Iterable<StreamPart> {
    for (;;) yield { type: "text-delta", delta: "x".repeat(1000) };
  }
  const provider = memoryProvider("one", endless());
  const gateway = createGateway(registryOf(provider));
  const response = await post(gateway, STREAM);

  // a gateway that reads ahead would have taken more parts by then
  await delay(50);

  expect(provider.taken).toBeLessThan(5);
  await response.body?.cancel();
});

test("a client that takes nothing ends its call, and is told when it comes back", async () => {
  const provider = memoryProvider("one", [...text("half"), "silence"]);
  const gateway = createGateway(registryOf(provider), { writeMs: 100, maxCalls: 1 });
  const response = await post(gateway, STREAM);

  await vi.waitFor(() => expect(provider.open).toBe(0), { timeout: 300, interval: 10 });

  expect((await post(gateway, { model: "none" })).status).toBe(404);
  expect(eventsOf(await response.text()).at(-1)).toMatchObject({ error: { code: "client_stalled" } });
});

test("a large delta comes in pieces, none of which ends within a character, and each shows that the client takes something", async () => {
  // the event around the text moves the places where pieces end by one character for each provider
  for (const id of ["one", "ones"]) {
    const delta = "\u{1f642}".repeat(128 * 1024);
    const provider = memoryProvider(id, answer(delta));
    const gateway = createGateway(registryOf(provider), { writeMs: 200 });
    const { body } = await post(gateway, STREAM);

    let stream = "";
    let longest = 0;
    const decoder = new TextDecoder();
    for await (const piece of body ?? []) {
      longest = Math.max(longest, piece.byteLength);
      stream += decoder.decode(piece, { stream: true });
      // all pieces together take longer than a client may be still
      await delay(50);
    }

    expect(longest).toBeLessThan(256 * 1024);
    expect(textOf(stream) === delta).toBe(true);
  }
});

test("of a list that came at once no more is written than a piece holds", async () => {
  const list = Array.from({ length: 1_000 }, (): StreamPart => ({ type: "text-delta", delta: "x" }));
  const lists = { next: () => Promise.resolve(list), return: () => Promise.resolve() };
  let written = 0;
  const writer = {
    begin: () => "",
    write() {
      written++;
      return "x".repeat(1024);
    },
    keepAlive: () => "",
    fail: () => "",
  };
  const call: OpenCall = {
    signal: new AbortController().signal,
    abort() {},
    hold() {},
    begin() {},
    end() {},
  };
  const body = createStreamBody(
    {
      call,
      parts: { open: () => Promise.resolve(lists), return: () => Promise.resolve() },
      opened: Promise.resolve(lists),
      writer,
      answerer: () => ({ provider: "one", model: undefined }),
      explain: () => expect.unreachable(),
      waiting: () => undefined,
    },
    { keepaliveMs: 0, writeMs: 0 },
  );

  const { value } = await body.next();

  expect(value).toHaveLength(64 * 1024);
  expect(written).toBe(64);
  await body.return?.();
});
