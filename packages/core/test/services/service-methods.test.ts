import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { type ChatProvider, chat } from "../../src/index.ts";
import {
  type AnswerDraft,
  type AnswerReader,
  defineProvider,
  readModelPage,
  serviceMethods,
  textOf,
} from "../../src/provider.ts";

// what core does for each protocol of a service; the protocol here has events with a text, and one named "end"

const manifest = {
  fallthrough: {
    specificationVersion: 1,
    id: "plain",
    name: "Plain",
    homepage: "https://plain.example",
    status: { state: "active", checked: "2026-11-29" },
    models: [],
  },
};

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
}

let server: Server | undefined;
const bodies: string[] = [];
const asked: string[] = [];
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  bodies.length = 0;
  asked.length = 0;
});

function reader(draft: AnswerDraft): AnswerReader {
  return {
    readEvent({ text: delta }, event) {
      if (event === "end") draft.finish({ reason: "done", known: "stop" });
      else draft.addText(textOf(delta));
      return event === "end";
    },
    readWhole(value) {
      for (const { text: delta } of draft.listOf(value, "texts")) draft.addText(textOf(delta));
      draft.finish({ reason: "done", known: "stop" });
    },
  };
}

async function start(
  ...answers: readonly Answer[]
): Promise<{ provider: ChatProvider; forgotten: string[] }> {
  const left = [...answers];
  server = createServer(async (request, response) => {
    asked.push(request.url ?? "");
    bodies.push(await text(request));
    const { status = 200, type = "text/event-stream", body } = left.shift() ?? { status: 500, body: "" };
    response.writeHead(status, { "content-type": type }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const forgotten: string[] = [];
  const create = defineProvider({ manifest, origin: "https://plain.example" }, (parts) =>
    serviceMethods(parts, {
      name: "responses",
      key: { variables: [] },
      wishes: { seed: "seed" },
      toolCallIds: { shape: /^\w{1,9}$/, length: 9 },
      concessions: [],
      usualModel: { choose: async () => "usual", forget: () => void forgotten.push("usual") },
      format: ({ messages }, { model }) => ({
        path: "/ask",
        fields: { ids: messages.flatMap((message) => (message.role === "tool" ? [message.toolCallId] : [])) },
        fixed: { model },
        adjusted: ["nothing is done as asked"],
      }),
      read: reader,
      askModels: (after) => ({ path: "/models", query: { after } }),
      readModels: (value) =>
        readModelPage(value, {
          list: "models",
          model: (fields) => ({ id: fields["id"] }),
          next: ({ next }) => next,
        }),
    }),
  );
  return { provider: create({ baseURL: `http://127.0.0.1:${port}` }), forgotten };
}

function ask(provider: ChatProvider): Promise<string> {
  return chat(provider, { messages: [{ role: "user", content: "Hi" }] }).text();
}

const HELLO = 'data: {"text":"Hello"}\n\n';
const END = "event: end\ndata: {}\n\n";

test("a request without a model is asked of the usual one, which a server that does not know it makes forgotten", async () => {
  const { provider, forgotten } = await start(
    { body: HELLO + END },
    {
      status: 404,
      type: "application/json",
      body: JSON.stringify({ error: { message: "no", code: "model_not_found" } }),
    },
  );

  expect(await ask(provider)).toBe("Hello");
  expect(forgotten).toEqual([]);
  await expect(ask(provider)).rejects.toMatchObject({ code: "not-found" });
  expect(forgotten).toEqual(["usual"]);
  expect(bodies.map((body) => JSON.parse(body))).toEqual([
    { model: "usual", ids: [] },
    { model: "usual", ids: [] },
  ]);
});

test.each([
  ["of nothing", "event: error\ndata:\n\n", "server"],
  ["of an object without a known field", 'event: error\ndata: {"why":"no"}\n\n', "server"],
  ["of a limit", 'event: error\ndata: {"error":{"code":429,"message":"no"}}\n\n', "rate-limit"],
  ["of a list of one limit", 'event: error\ndata: [{"error":{"code":429}}]\n\n', "rate-limit"],
  ["of no JSON", "event: error\ndata: oops\n\n", "protocol"],
])("an event named error %s is a failure before a reader sees it", async (_, event, code) => {
  const { provider } = await start({ body: HELLO + event });

  await expect(ask(provider)).rejects.toMatchObject({ code, partial: { text: "Hello" } });
});

test("an answer that nothing ended was cut", async () => {
  const { provider } = await start({ body: HELLO });

  await expect(ask(provider)).rejects.toMatchObject({ code: "interrupted", partial: { text: "Hello" } });
});

test("what a caller adds goes over the fields of the protocol, but for those that the call relies on", async () => {
  const { provider } = await start({ body: HELLO + END });
  const { warnings } = await chat(provider, {
    messages: [
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        toolCalls: [{ id: "a long id of another server", name: "look", arguments: "{}" }],
      },
      { role: "tool", toolCallId: "a long id of another server", content: "x" },
    ],
    seed: 7,
    topK: 1,
    extraFields: { seed: 8, model: "mine" },
    providerOptions: { plain: { extraBody: { more: true } } },
  }).result();

  expect(JSON.parse(bodies[0] ?? "")).toEqual({
    seed: 8,
    more: true,
    model: "usual",
    ids: [expect.stringMatching(/^\w{9}$/)],
  });
  expect(warnings.map(({ code, message }) => [code, message])).toEqual([
    ["unsupported", "Plain does not take `topK`, so it was left out"],
    ["adjusted", "nothing is done as asked"],
    ["unsupported", "`extraFields` cannot change `model`"],
  ]);
});

test.each([
  ["the list that the protocol wants", { texts: [{ text: "Hel" }, { text: "lo" }] }, "Hello"],
  ["no such list", { said: "Hello" }, "protocol"],
  ["a failure", { error: { code: 429, message: "no" } }, "rate-limit"],
])("an answer that came as one JSON value with %s is read at once", async (_, value, expected) => {
  const { provider } = await start({ type: "application/json", body: JSON.stringify(value) });

  expect(await ask(provider).catch(({ code }) => code)).toBe(expected);
});

test("pages of models are asked for until one names no other", async () => {
  const page = (id: string, next?: string) => ({
    type: "application/json",
    body: JSON.stringify({ models: [{ id }], next }),
  });
  const { provider } = await start(page("a", "a"), page("b", "b"), page("c"));

  expect(await provider.listModels?.()).toEqual([{ id: "a" }, { id: "b" }, { id: "c" }]);
  expect(asked).toEqual(["/models", "/models?after=a", "/models?after=b"]);
});
