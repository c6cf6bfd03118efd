import { httpResponse, type SocketServer, startReplay } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { fixture } from "./fixture.ts";
import { askSite, recording, stepOf } from "./recorded/replay-turn.ts";

let server: SocketServer | undefined;
afterEach(() => server?.close());

async function streamWith(body: string): Promise<SocketServer> {
  const response = httpResponse({ headers: { "content-type": "text/event-stream" }, body });
  server = await startReplay((request) => {
    const step = stepOf(request);
    if (step === "page") return recording("2.4.71", "001-page-home");
    if (step === "nonce") return recording("2.4.71", "012-nonce");
    return step === "cache" ? recording("2.4.71", "020-ok-1-cache") : { response };
  });
  return server;
}

test("citations become sources, and a note on the answer a warning", async () => {
  const site = await streamWith(fixture("synthetic-citations.sse"));

  expect(await askSite(site)).toMatchObject({
    text: "Hello there.",
    finishReason: "stop",
    sources: [{ url: "https://example.com/a", title: "A" }, { url: "https://example.com/b" }],
    warnings: [{ code: "other", message: "(Note: the knowledge base was not reached)" }],
  });
});

test.each([
  ['data: {"delta":"Hello"}\n\n', { code: "interrupted", partial: { text: "Hello" } }],
  ['event: message_start\ndata: {"message_id":"1"}\n\n', { code: "empty" }],
  ["", { code: "empty" }],
  ["<html><title>502 Bad Gateway</title></html>", { code: "server" }],
  [
    'event: message_start\ndata: {}\n\nevent: error\ndata: {"error":"Security check failed"}\n\n',
    { code: "auth" },
  ],
  [
    'data: {"delta":"Hi"}\n\nevent: error\ndata: {"error":"Message not found in cache"}\n\n',
    { code: "server" },
  ],
])("the stream %j ends as %j", async (body, expected) => {
  const site = await streamWith(body);

  await expect(askSite(site)).rejects.toMatchObject(expected);
});

test("an error behind a part of the answer is not cured by asking again", async () => {
  const site = await streamWith(
    'data: {"delta":"Hi"}\n\nevent: error\ndata: {"error":"Message not found in cache"}\n\n',
  );

  await expect(askSite(site)).rejects.toMatchObject({ phase: "committed" });
  expect(site.requests.map(stepOf)).toEqual(["page", "cache", "stream"]);
});
