import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ChatError } from "@fallthrough/core";
import { createOpenAI } from "@fallthrough/provider-openai";
import { afterEach, expect, test } from "vitest";
import { createGateway, type Gateway } from "../../../src/index.ts";
import { memoryProvider, post, registryOf } from "../../case.ts";
import { ask } from "./case.ts";
import { readEvents, readResponse } from "./read-events.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A gateway in front of a server whose model refuses to answer, or which refuses the request with this status. */
async function start(status = 200): Promise<Gateway> {
  const message = { role: "assistant", content: null, refusal: "I will not help with that" };
  const body =
    status === 200
      ? { id: "c", model: "m", choices: [{ index: 0, message, finish_reason: "stop" }] }
      : { error: { code: "content_filter", message: "the prompt was filtered" } };
  const server = createServer((_, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return createGateway(registryOf(createOpenAI({ id: "one", baseURL, models: [{ id: "m" }] })));
}

const REFUSED = {
  status: "completed",
  output: [
    {
      type: "message",
      status: "completed",
      content: [{ type: "refusal", refusal: expect.stringContaining("I will not help with that") }],
    },
  ],
};

test("a model that refuses is told as a refusal, whole and streamed", async () => {
  const gateway = await start();

  const whole = await ask(gateway, { model: "m", input: "hi" });
  const streamed = await ask(gateway, { model: "m", input: "hi", stream: true });

  expect([whole.status, streamed.status]).toEqual([200, 200]);
  expect(readResponse(await whole.json())).toMatchObject(REFUSED);
  const { events, response } = readEvents(await streamed.text());
  expect(response).toMatchObject(REFUSED);
  expect(events.map(({ type }) => type)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.refusal.delta",
    "response.refusal.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
});

test("a refusal that comes after a sign of life is one too", async () => {
  const refusal = new ChatError("content-filter", "the provider refused to answer");
  const gateway = createGateway(registryOf(memoryProvider("one", [100, refusal])), { keepaliveMs: 20 });

  const { response } = readEvents(await (await ask(gateway, { input: "hi", stream: true })).text());

  expect(response).toMatchObject({
    status: "completed",
    output: [{ content: [{ type: "refusal", refusal: "the provider refused to answer" }] }],
  });
});

test("a server that refuses the request, and a refusal in other dialects, stay failures", async () => {
  const filtered = await ask(await start(400), { model: "m", input: "hi" });
  const chat = await post(await start(), { model: "m" });

  expect([filtered.status, chat.status]).toEqual([400, 400]);
  expect(await filtered.json()).toMatchObject({ error: { code: "content_filter" } });
});
