import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { type ChatProvider, chat, type StreamPart } from "../../src/index.ts";
import { type AnswerReader, defineProvider, fieldsOf, serviceMethods, textOf } from "../../src/provider.ts";

// what core does for each protocol of a service; the protocol here has events of plain text, and one named "end"

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
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  bodies.length = 0;
});

function reader(): AnswerReader {
  return {
    readEvent({ event, data }, parts: StreamPart[]) {
      if (event === "end") parts.push({ type: "finish", finishReason: "stop" });
      else parts.push({ type: "text-delta", delta: data });
      return event === "end";
    },
    readWhole() {},
  };
}

async function start(
  ...answers: readonly Answer[]
): Promise<{ provider: ChatProvider; forgotten: string[] }> {
  const left = [...answers];
  server = createServer(async (request, response) => {
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
      known: undefined,
      fixed: [],
      concessions: [],
      usualModel: { choose: async () => "usual", forget: () => void forgotten.push("usual") },
      format: (_, model) => ({ path: "/ask", body: { model } }),
      read: reader,
      askModels: () => ({ path: "/models" }),
      readModels: (value) => ({ models: [{ id: textOf(fieldsOf(value)["id"]) }] }),
    }),
  );
  return { provider: create({ baseURL: `http://127.0.0.1:${port}` }), forgotten };
}

function ask(provider: ChatProvider): Promise<string> {
  return chat(provider, { messages: [{ role: "user", content: "Hi" }] }).text();
}

const HELLO = "data: Hello\n\n";

test("a request without a model is asked of the usual one, which a server that does not know it makes forgotten", async () => {
  const end = "event: end\ndata: x\n\n";
  const { provider, forgotten } = await start(
    { body: HELLO + end },
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
  expect(bodies.map((body) => JSON.parse(body))).toEqual([{ model: "usual" }, { model: "usual" }]);
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
