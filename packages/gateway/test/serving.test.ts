import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { ChatError, type ChatProvider, type StreamPart } from "@fallthrough/core";
import { afterEach, expect, test, vi } from "vitest";
import {
  type CallRecord,
  type GatewayServerOptions,
  type RunningGateway,
  startGateway,
} from "../src/index.ts";
import { answer, MESSAGES, memoryProvider, registryOf, text, textOf } from "./case.ts";

const running: RunningGateway[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
});

async function start(
  provider: ChatProvider | readonly ChatProvider[],
  options: GatewayServerOptions = {},
): Promise<RunningGateway> {
  const registry = registryOf(...[provider].flat());
  const gateway = await startGateway(registry, { port: 0, graceMs: 100, ...options });
  running.push(gateway);
  return gateway;
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

function requestOf(body: object, headers = "", length?: number): string {
  const content = JSON.stringify(body);
  const head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json";
  return `${head}\r\n${headers}Content-Length: ${length ?? Buffer.byteLength(content)}\r\n\r\n${content}`;
}

function ask(
  { baseURL }: RunningGateway,
  body: object = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ messages: MESSAGES, ...body }),
  });
}

test("a half body takes no place from others, is answered with 408, and its socket goes although the client stays", async () => {
  const gateway = await start(memoryProvider("one", answer("hi")), { bodyMs: 150, maxCalls: 1 });
  const socket = await open(gateway.port);
  socket.write(requestOf({ messages: MESSAGES }, "", 1000));

  const other = await ask(gateway);
  const answered = await readAll(socket);

  expect(other.status).toBe(200);
  expect(answered).toMatch(/^HTTP\/1.1 408 /);
  expect(answered).toContain('"code":"body_stalled"');
  expect(answered).toMatch(/^x-request-id: \S+\r$/im);
});

test("the place of a half body is free as soon as its client has gone", async () => {
  const provider = memoryProvider("one", answer("hi"));
  // long enough that nothing but the end of the connection can end it
  const gateway = await start(provider, { bodyMs: 60_000, bodyBytes: 1_500 });
  const long = { messages: [{ role: "user", content: "x".repeat(1_000) }] };
  const socket = await open(gateway.port);
  socket.write(requestOf(long, "", 1_400));
  await vi.waitFor(async () => expect((await ask(gateway, long)).status).toBe(503));

  socket.destroy();

  await vi.waitFor(async () => expect((await ask(gateway, long)).status).toBe(200));
  const closed = gateway.close();
  running.length = 0;

  await closed;
  expect(provider.requests.every(({ messages }) => messages[0]?.content === "x".repeat(1_000))).toBe(true);
});

test("a body that comes slowly is answered as long as something comes", async () => {
  const gateway = await start(memoryProvider("one", answer("hi")), { bodyMs: 400 });
  const socket = await open(gateway.port);
  const request = requestOf({ messages: MESSAGES }, "Connection: close\r\n");
  const started = performance.now();

  const step = Math.ceil(request.length / 12);
  for (let at = 0; at < request.length; at += step) {
    socket.write(request.slice(at, at + step));
    // a client that is slow, though quicker than what counts as stalled
    await delay(60);
  }

  expect(await readAll(socket)).toMatch(/^HTTP\/1.1 200 /);
  expect(performance.now() - started).toBeGreaterThan(400);
});

test("200 half bodies and 1,000 idle connections at once change nothing for other callers, and the half bodies get their answer", {
  timeout: 60_000,
}, async () => {
  const gateway = await start(memoryProvider("one", answer("hi")), { bodyMs: 3_000 });
  const crowd = await Promise.all(Array.from({ length: 1_200 }, () => open(gateway.port)));
  const half = crowd.slice(0, 200);
  for (const socket of half) socket.write(requestOf({ messages: MESSAGES }, "", 1_000));
  const told = half.map(readAll);

  const others = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const stream = index % 2 === 0;
      const response = await ask(gateway, { stream });
      const body = await response.text();
      return [response.status, stream ? textOf(body) : JSON.parse(body).choices[0].message.content];
    }),
  );

  // 256 calls may be in flight: a half body that had a place would take it from somebody
  expect(others).toEqual(Array.from({ length: 40 }, () => [200, "hi"]));
  for (const answered of await Promise.all(told)) expect(answered).toMatch(/^HTTP\/1.1 408 /);
  // whoever only waits is left alone
  expect(crowd.slice(200).filter(({ destroyed }) => destroyed)).toEqual([]);
});

test("bodies that are too large together are refused with 503 and a time, and are taken once there is room", async () => {
  const provider = memoryProvider("one", [...text("half"), "silence"]);
  const gateway = await start(provider, { bodyBytes: 4096 });
  const long = { messages: [{ role: "user", content: "x".repeat(2500) }], stream: true };
  const first = await ask(gateway, long);

  const refused = await ask(gateway, long);

  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({ error: { code: "too_many_bytes" } });
  await first.body?.cancel();
  await vi.waitFor(async () => {
    const taken = await ask(gateway, long);
    await taken.body?.cancel();
    expect(taken.status).toBe(200);
  });
});

test("a head that comes slowly is answered as long as it comes within its time", async () => {
  const gateway = await start(memoryProvider("one", answer("hi")));
  const socket = await open(gateway.port);
  const request = requestOf({ messages: MESSAGES }, "Connection: close\r\n");

  for (const byte of request) {
    socket.write(byte);
    await new Promise(setImmediate);
  }

  expect(await readAll(socket)).toMatch(/^HTTP\/1.1 200 /);
});

test("a call that was sent behind another waits for its turn and is not taken for one that stalls", async () => {
  const provider = memoryProvider("one", (request) =>
    request.temperature === 1 ? [...text("slow"), 400, ...answer("ly")] : answer("quick"),
  );
  const gateway = await start(provider, { writeMs: 150, maxCalls: 1 });
  const socket = await open(gateway.port);

  socket.write(requestOf({ messages: MESSAGES, stream: true, temperature: 1 }));
  socket.write(requestOf({ messages: MESSAGES, stream: true }, "Connection: close\r\n"));

  const answered = await readAll(socket);
  expect(answered.indexOf('"ly"')).toBeLessThan(answered.indexOf('"quick"'));
  expect(answered.match(/data: \[DONE\]/g)).toHaveLength(2);
});

test("a client of HTTP/1.0 gets its stream without chunks, and the end of the connection ends it", async () => {
  const gateway = await start(memoryProvider("one", answer("hi")));
  const socket = await open(gateway.port);

  socket.write(requestOf({ messages: MESSAGES, stream: true }).replace("HTTP/1.1", "HTTP/1.0"));

  const answered = await readAll(socket);
  expect(answered).toMatch(/^HTTP\/1.1 200 /);
  expect(answered).not.toMatch(/transfer-encoding/i);
  expect(textOf(answered.slice(answered.indexOf("\r\n\r\n") + 4))).toBe("hi");
});

test("what a provider refuses is told in its own words, and clients need not try again", async () => {
  const refusing = memoryProvider("one", [new ChatError("context-length", "this model takes 4096 tokens")]);
  const gateway = await start(refusing);

  const response = await ask(gateway);

  expect(response.status).toBe(413);
  expect(response.headers.get("x-should-retry")).toBe("false");
  expect(await response.json()).toMatchObject({
    error: {
      code: "context_length_exceeded",
      reason: "context-length",
      message: expect.stringMatching(/context length exceeded[\s\S]*this model takes 4096 tokens/),
    },
  });
});

test.each([
  ["auth", 502, "auth"],
  ["payment", 502, "insufficient_quota"],
  ["not-found", 404, "model_not_found"],
] as const)("a provider that fails with %s is told as %d %s", async (code, status, word) => {
  const gateway = await start(memoryProvider("one", [new ChatError(code, "no")]));

  const response = await ask(gateway);

  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ error: { code: word } });
});

test("a limit that ends late is told with the true time, and clients come back within a minute", async () => {
  const limited = new ChatError("rate-limit", "slow down", { retryAfterMs: 600_000 });
  const gateway = await start(memoryProvider("one", [limited]));

  const response = await ask(gateway);
  const { error } = (await response.json()) as { error: { code: string; retry_at: string } };

  expect(response.status).toBe(429);
  expect(response.headers.get("retry-after")).toBe("60");
  expect(error.code).toBe("rate_limit_exceeded");
  expect(Date.parse(error.retry_at) - Date.now()).toBeGreaterThan(500_000);
});

test("the id of a request is the client's own, or a new one", async () => {
  const gateway = await start(memoryProvider("one", answer("hi")));

  const own = await ask(gateway, {}, { "x-request-id": "req-7" });
  const other = await ask(gateway, {}, { "x-request-id": "a b" });

  expect(own.headers.get("x-request-id")).toBe("req-7");
  expect(other.headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
});

test("the route of an answer stands in its headers", async () => {
  const gateway = await start([
    memoryProvider("one", [new ChatError("abuse", "no")]),
    memoryProvider("two", answer("hi")),
  ]);

  const whole = await ask(gateway);

  expect(whole.headers.get("x-fallthrough-route")).toMatch(
    /^one\/model failed abuse \d+ms, two\/model answered \d+ms$/,
  );
});

test("a call is told once it is over, with who was asked and nothing of what was said", async () => {
  const records: CallRecord[] = [];
  const cut: (StreamPart | ChatError)[] = [...text("a secret"), new ChatError("interrupted", "cut")];
  const gateway = await start(
    [memoryProvider("one", [new ChatError("abuse", "no")]), memoryProvider("two", cut)],
    { onCall: (record) => records.push(record), tokens: { editor: "t0ken" } },
  );

  await (
    await ask(
      gateway,
      { stream: true, model: "auto" },
      { authorization: "Bearer t0ken", "x-request-id": "r" },
    )
  ).text();
  await ask(gateway);

  expect(records).toMatchObject([
    {
      id: "r",
      route: "POST /v1/chat/completions",
      client: "editor",
      model: "auto",
      status: 200,
      code: "interrupted",
      firstMs: expect.any(Number),
      attempts: [
        { provider: "one", outcome: "failed", code: "abuse" },
        { provider: "two", outcome: "failed", code: "interrupted" },
      ],
    },
    { status: 401, code: "invalid_api_key", attempts: [] },
  ]);
  expect(JSON.stringify(records)).not.toMatch(/secret|t0ken|What is it/);
});

test("a token may have names of its own and a limit of its own", async () => {
  const grant = { token: "t0ken", models: ["one/model"], callsPerMinute: 1 };
  const gateway = await start(memoryProvider("one", answer("hi")), {
    tokens: { editor: grant },
    token: "all",
  });
  const editor = { authorization: "Bearer t0ken" };

  const other = await ask(gateway, { model: "one" }, editor);
  const allowed = await ask(gateway, { model: "one/model" }, editor);
  const beyond = await ask(gateway, { model: "one/model" }, editor);
  const models = await fetch(`${gateway.baseURL}/models`, { headers: editor });
  const anybody = await ask(gateway, { model: "one" }, { authorization: "Bearer all" });

  expect([other.status, allowed.status, beyond.status, anybody.status]).toEqual([404, 200, 429, 200]);
  expect(Number(beyond.headers.get("retry-after"))).toBeGreaterThan(50);
  expect(((await models.json()) as { data: object[] }).data).toMatchObject([{ id: "one/model" }]);
});

test("a page of an allowed origin may use it, and any other may not", async () => {
  const gateway = await start(memoryProvider("one", answer("hi")), { allowOrigins: ["app://obsidian.md"] });
  const origin = "app://obsidian.md";

  const preflight = await fetch(`${gateway.baseURL}/chat/completions`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "x-stainless-os",
    },
  });
  const allowed = await ask(gateway, {}, { origin });
  const foreign = await ask(gateway, {}, { origin: "https://evil.example" });

  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-headers")).toBe("x-stainless-os");
  expect(allowed.status).toBe(200);
  expect(allowed.headers.get("access-control-allow-origin")).toBe(origin);
  expect(foreign.status).toBe(403);
  expect(foreign.headers.get("access-control-allow-origin")).toBeNull();
});

test.each([
  [{ allowOrigins: ["*"], token: "t" }, 'origin "*" is not for a gateway with a token'],
  [{ allowOrigins: ["obsidian"] }, 'origin "obsidian" is not usable'],
  [{ tokens: { editor: "two words" } }, 'token "editor" is unusable'],
])("%j is a config error", async (options, message) => {
  await expect(start(memoryProvider("one", []), options)).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining(message),
  });
});

test("it is not ready while everybody cools down, and tells who and why", async () => {
  const gateway = await start(memoryProvider("one", [new ChatError("blocked", "no")]));
  const url = gateway.baseURL.replace("/v1", "/readyz");
  const before = await fetch(url);

  await ask(gateway);
  const after = await fetch(url);

  expect(before.status).toBe(200);
  expect(after.status).toBe(503);
  expect(await after.json()).toMatchObject({ reasons: [{ provider: "one", code: "blocked" }] });
});

interface Health {
  readonly data: readonly Record<string, string>[];
}

test("what is remembered of each candidate can be read, and forgotten", async () => {
  const gateway = await start(memoryProvider("one", [new ChatError("blocked", "no")]));
  const url = `${gateway.baseURL}/health`;
  await ask(gateway);
  const before = (await (await fetch(url)).json()) as Health;

  const reset = await fetch(`${url}?provider=one`, { method: "DELETE" });

  expect(before.data).toEqual([
    {
      id: expect.stringMatching(/^one/),
      object: "health",
      state: "refused",
      code: "blocked",
      since: expect.stringMatching(/^\d{4}-.+Z$/),
      until: expect.stringMatching(/^\d{4}-.+Z$/),
      ended_by: expect.stringContaining("resetHealth()"),
    },
  ]);
  expect(await reset.json()).toEqual({ object: "health", id: "one", deleted: true });
  expect(((await (await fetch(url)).json()) as Health).data).toMatchObject([{ state: "well" }]);
});

test("health is not reset for a provider that there is not, nor for a token of some models", async () => {
  const tokens = { all: "all-token", some: { token: "some-token", models: ["one"] } };
  const gateway = await start(memoryProvider("one", []), { tokens });
  const reset = (token: string, query = "") =>
    fetch(`${gateway.baseURL}/health${query}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}` },
    });

  const statuses = [
    await reset("wrong"),
    await reset("some-token"),
    await reset("all-token", "?provider=two"),
  ];

  expect(statuses.map(({ status }) => status)).toEqual([401, 403, 404]);
  expect((await reset("all-token")).status).toBe(200);
});

test.each([
  ["/chat/completions", "did you mean POST /v1/chat/completions?"],
  ["/v1/v1/chat/completion/", "did you mean POST /v1/chat/completions?"],
  ["/v1/models", "did you mean GET /v1/models?"],
  ["/responses", "did you mean POST /v1/responses?"],
  ["/messages", "did you mean POST /v1/messages?"],
  ["/v1/generate", "this gateway speaks POST /v1/chat/completions"],
  ["/v1/chat/compeltions", "did you mean POST /v1/chat/completions?"],
  ["/v1/embedding", "did you mean POST /v1/embeddings?"],
  ["/api/tag", "did you mean GET /api/tags?"],
  ["/nothing", "expected POST /v1/chat/completions, POST /v1/embeddings, POST /v1/completions, "],
])("whoever posts to %s is told what is near", async (path, advice) => {
  const gateway = await start(memoryProvider("one", []));

  const response = await fetch(gateway.baseURL.replace("/v1", path), { method: "POST" });

  expect(response.status).toBe(404);
  expect(await response.text()).toContain(advice);
});

test("another registry takes over without cutting a call, and wrong options change nothing", async () => {
  const before = memoryProvider("one", [...text("be"), 200, ...answer("fore")]);
  const gateway = await start(before);
  const inFlight = await ask(gateway, { stream: true });

  const replaced = gateway.replace(registryOf(memoryProvider("two", answer("after"))));
  const next = await ask(gateway, { stream: true });

  expect(textOf(await next.text())).toBe("after");
  expect(textOf(await inFlight.text())).toBe("before");
  await replaced;
  await expect(gateway.replace(registryOf(before), { maxCalls: 0 })).rejects.toMatchObject({
    code: "config",
  });
  expect(textOf(await (await ask(gateway, { stream: true })).text())).toBe("after");
});
