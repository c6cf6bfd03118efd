import type { ServerSentEvent } from "@fallthrough/core/provider";
import { httpChunk, httpHead, httpResponse, type SocketServer, startReplay } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { classicParts } from "../src/classic-turn.ts";
import { fixture } from "./fixture.ts";
import { askSite, recording, stepOf } from "./recorded/replay-turn.ts";

let server: SocketServer | undefined;
afterEach(() => server?.close());

async function answerWith(contentType: string, body: string): Promise<SocketServer> {
  const response = httpResponse({ headers: { "content-type": contentType }, body });
  server = await startReplay((request) =>
    stepOf(request) === "page" ? recording("1.9.18", "01-page-home") : { response },
  );
  return server;
}

test("an answer that is repeated behind the end marker is read once", async () => {
  const site = await answerWith("text/event-stream", fixture("synthetic-done-then-json.sse"));

  expect(await askSite(site)).toMatchObject({
    text: "Hello there.",
    finishReason: "stop",
    model: "gpt-3.5-turbo-0613",
  });
});

test("a stream whose connection stays open ends at its end marker", async () => {
  const head = httpHead(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" });
  const chunk = httpChunk(`data: {"id":"1","choices":[{"delta":{"content":"Hello"}}]}\n\ndata: [DONE]\n\n`);
  server = await startReplay((request) =>
    stepOf(request) === "page"
      ? recording("1.9.18", "01-page-home")
      : { response: Buffer.concat([head, chunk]) },
  );

  expect(await askSite(server)).toMatchObject({ text: "Hello", finishReason: "stop" });
  await server.closed();
});

test("an error that is spelled out twice is quoted once", async () => {
  server = await startReplay((request) =>
    recording("1.9.18", stepOf(request) === "page" ? "01-page-home" : "66-up-error500-sse"),
  );

  await expect(askSite(server)).rejects.toThrow(
    `"The server had an error while processing your request. Sorry about that!"`,
  );
});

test("the chunks of a completion model are read too", async () => {
  const site = await answerWith("text/event-stream", fixture("synthetic-completions.sse"));

  expect(await askSite(site)).toMatchObject({ text: "Hello there.", finishReason: "length" });
});

test.each([
  ["text/html; charset=UTF-8", "synthetic-notice-html.txt"],
  ["application/json", "synthetic-notice-html.txt"],
  ["text/html; charset=UTF-8", "synthetic-notice-text.txt"],
])("warnings that PHP printed into %s are no part of the answer in %s", async (contentType, name) => {
  const site = await answerWith(contentType, fixture(name));

  expect(await askSite(site)).toMatchObject({ text: "Hello there." });
});

test.each([
  ["<!DOCTYPE html><title>Log in</title>", "blocked"],
  ["", "empty"],
  [" \n", "empty"],
  ['{"status":"success","data":"Hel', "interrupted"],
  ["Bad gateway", "protocol"],
])("the body %j instead of an answer is %s", async (body, code) => {
  const site = await answerWith("text/html", body);

  await expect(askSite(site)).rejects.toMatchObject({ code, provider: "recorded" });
});

test("an error that is spelled out behind a part of the answer is not taken for the rest of it", async () => {
  const { parts, end } = await collect([
    '{"id":"1","choices":[{"delta":{"content":"Hello"}}]}',
    '{"choices":[{"delta":{"content":"You"}}]}',
    '{"choices":[{"delta":{"content":" exceeded"}}]}',
    "[DONE]",
  ]);

  expect(parts).toEqual([{ type: "text-delta", delta: "Hello" }]);
  expect(end).toEqual({ code: "server", message: `chat spelled out an upstream's error "You exceeded"` });
});

test("an end marker without a finish reason is an end", async () => {
  const { parts } = await collect(['{"id":"1","choices":[{"delta":{"content":"Hello"}}]}', "[DONE]"]);

  expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason: "stop" });
});

async function collect(data: readonly string[]): Promise<{ parts: unknown[]; end: unknown }> {
  const given = async function* (): AsyncGenerator<ServerSentEvent> {
    for (const text of data) yield { event: "message", data: text };
  };
  const source = classicParts(given());
  const parts: unknown[] = [];
  for (;;) {
    const { done, value } = await source.next();
    if (done) return { parts, end: value };
    parts.push(value);
  }
}
