import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry, type RegistryOptions } from "@fallthrough/registry";
import { afterEach, expect, test } from "vitest";
import { createGateway, type GatewayOptions } from "../src/index.ts";
import { answer, memoryProvider } from "./case.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Server {
  readonly baseURL: string;
  readonly seen: { readonly path: string; readonly body: string }[];
}

/** A server that answers each request so. */
async function serve(
  respond: (response: ServerResponse, incoming: IncomingMessage) => void,
): Promise<Server> {
  const seen: { path: string; body: string }[] = [];
  const server = createServer(async (incoming, response) => {
    seen.push({ path: incoming.url ?? "", body: await readAll(incoming) });
    respond(response, incoming);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen };
}

function json(body: string, status = 200): (response: ServerResponse) => void {
  return (response) => response.writeHead(status, { "content-type": "application/json" }).end(body);
}

function gatewayOf(
  providers: RegistryOptions["providers"],
  aliases: Record<string, string | string[]> = {},
  options: GatewayOptions = {},
) {
  return createGateway(createRegistry({ providers, aliases }), options);
}

function post(gateway: ReturnType<typeof createGateway>, path: string, body: string): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return gateway.fetch(new Request(`http://127.0.0.1:8787${path}`, { method: "POST", headers, body }));
}

// numbers and spaces that would not survive a parser
const EMBEDDING =
  '{ "object":"list", "data":[{"index":0,"embedding":[0.10,1e-9]}], "x":12345678901234567890 }\n';

test("embeddings reach the server and come back to the byte", async () => {
  const server = await serve(json(EMBEDDING));
  const gateway = gatewayOf([createOpenAI({ id: "one", baseURL: server.baseURL, models: [{ id: "e5" }] })]);
  const body = '{"input":["h\\u00e9"], "model" : "e5","seed":12345678901234567890}';

  const response = await post(gateway, "/v1/embeddings", body);

  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("x-fallthrough-provider")).toBe("one");
  expect(await response.text()).toBe(EMBEDDING);
  expect(server.seen).toEqual([{ path: "/v1/embeddings", body }]);
});

test("only the name of the model is another: that of whoever is asked", async () => {
  const server = await serve(json(EMBEDDING));
  const gateway = gatewayOf([createOpenAI({ id: "one", baseURL: server.baseURL, models: [] })], {
    small: "one/vendor/e5",
  });

  await post(gateway, "/v1/embeddings", '{ "model":"small", "input":"model" }');

  expect(server.seen[0]?.body).toBe('{ "model":"vendor/e5", "input":"model" }');
});

test("a chain goes on to the same model elsewhere, and never to another one", async () => {
  const down = await serve(json('{"error":{"message":"down"}}', 503));
  const up = await serve(json(EMBEDDING));
  const other = await serve(json(EMBEDDING));
  const gateway = gatewayOf(
    [
      memoryProvider("chat", answer("never"), [{ id: "e5" }]),
      createOpenAI({ id: "down", baseURL: down.baseURL, models: [{ id: "e5" }] }),
      createOpenAI({ id: "other", baseURL: other.baseURL, models: [{ id: "bge" }] }),
      createOpenAI({ id: "up", baseURL: up.baseURL, models: [{ id: "vendor/e5", aliases: ["e5"] }] }),
    ],
    { any: ["chat/e5", "down/e5", "other/bge", "up/vendor/e5"], mixed: ["down/e5", "other/bge"] },
  );

  const answered = await post(gateway, "/v1/embeddings", '{"model":"any","input":"hi"}');
  const failed = await post(gateway, "/v1/embeddings", '{"model":"mixed","input":"hi"}');

  expect(answered.headers.get("x-fallthrough-provider")).toBe("up");
  expect(up.seen.map(({ body }) => body)).toEqual(['{"model":"vendor/e5","input":"hi"}']);
  expect(failed.status).toBeGreaterThanOrEqual(502);
  expect(other.seen).toEqual([]);
});

const STREAM =
  'data: {"choices":[{"text":"if (a) "}]}\r\n\r\ndata: {"choices":[{"text":"\u2028b"}]}\n\ndata: [DONE]\n\n';

test("a raw prompt stays raw, and its stream comes back to the byte, also in small pieces", async () => {
  const server = await serve((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const bytes = Buffer.from(STREAM);
    for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
    response.end();
  });
  const gateway = gatewayOf([
    createOpenAI({ id: "one", baseURL: server.baseURL, models: [{ id: "coder" }] }),
  ]);
  const body = '{"model":"coder","prompt":"<PRE> a <SUF> b <MID>","suffix":"}","stream":true}';

  const response = await post(gateway, "/v1/completions", body);

  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  expect(await response.text()).toBe(STREAM);
  expect(server.seen).toEqual([{ path: "/v1/completions", body }]);
});

test("a server that is slow costs no event: signs of life stand between two of them", async () => {
  const server = await serve((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('data: {"choices":[{"text":"a"}]}\n\ndata: {"cho');
    setTimeout(() => response.end('ices":[{"text":"b"}]}\n\n'), 300);
  });
  const gateway = gatewayOf(
    [createOpenAI({ id: "one", baseURL: server.baseURL, models: [{ id: "coder" }] })],
    {},
    { keepaliveMs: 50 },
  );

  const stream = await (await post(gateway, "/v1/completions", '{"model":"coder","stream":true}')).text();

  const events = stream.split("\n\n").filter((event) => event !== "");
  const told = events.filter((event) => !event.startsWith(":"));
  expect(told).toEqual(['data: {"choices":[{"text":"a"}]}', 'data: {"choices":[{"text":"b"}]}']);
  expect(events.slice(events.indexOf(`${told[0]}`) + 1, -1)).toContain(": keepalive");
});

test("a stream that breaks off ends with an error", async () => {
  const server = await serve((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('data: {"choices":[{"text":"a"}]}\n\n');
    setTimeout(() => response.destroy(), 50);
  });
  const gateway = gatewayOf([
    createOpenAI({ id: "one", baseURL: server.baseURL, models: [{ id: "coder" }] }),
  ]);

  const stream = await (await post(gateway, "/v1/completions", '{"model":"coder","stream":true}')).text();

  expect(stream).toMatch(/^data: \{"choices":.*\}\n\ndata: \{"error":\{.*"code":"interrupted".*\}\n\n$/);
});

test.each([
  ["nobody serves it", [memoryProvider("chat", answer("never"), [{ id: "e5" }])], "e5", 400, "unsupported"],
  [
    "a model is unknown",
    [memoryProvider("chat", answer("never"), [{ id: "e5" }])],
    "none",
    404,
    "model_not_found",
  ],
])("where %s, the client is told so", async (_, providers, model, status, code) => {
  const response = await post(gatewayOf(providers), "/v1/embeddings", JSON.stringify({ model, input: "hi" }));

  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ error: { code } });
});

test("a refusal of the server reaches the client in its words, and a failure counts against its provider", async () => {
  const refusing = await serve(
    json('{"error":{"message":"input is too strange","type":"invalid_request_error"}}', 400),
  );
  const limited = await serve(json('{"error":{"message":"slow down","code":"rate_limit_exceeded"}}', 429));
  const one = createOpenAI({ id: "one", baseURL: refusing.baseURL, models: [{ id: "e5" }] });
  const two = createOpenAI({ id: "two", baseURL: limited.baseURL, models: [{ id: "bge" }] });
  const registry = createRegistry({ providers: [one, two] });
  const gateway = createGateway(registry);

  const refused = await post(gateway, "/v1/embeddings", '{"model":"e5","input":"hi"}');
  const late = await post(gateway, "/v1/embeddings", '{"model":"bge","input":"hi"}');

  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain("input is too strange");
  expect(late.status).toBe(429);
  expect((await registry.explain("bge")).at(-1)).toMatchObject({ code: "rate-limit" });
});

test("a body that cannot be is refused before anybody is asked", async () => {
  const server = await serve(json(EMBEDDING));
  const gateway = gatewayOf([createOpenAI({ id: "one", baseURL: server.baseURL, models: [{ id: "e5" }] })]);

  for (const body of ["{", "[]", '{"input":"hi"}', '{"model":7}', '{"model":"e5","stream":"yes"}']) {
    expect((await post(gateway, "/v1/embeddings", body)).status).toBe(400);
  }
  expect(server.seen).toEqual([]);
});
