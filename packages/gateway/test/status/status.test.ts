import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ChatError, type ChatProvider } from "@fallthrough/core";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import {
  type CallEntry,
  type GatewayServerOptions,
  type RunningGateway,
  type Status,
  startGateway,
} from "../../src/index.ts";
import { answer, MESSAGES, memoryProvider, registryOf, type Turn, text } from "../case.ts";

const running: RunningGateway[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
});

async function start(
  providers: readonly ChatProvider[],
  options: GatewayServerOptions = {},
): Promise<RunningGateway & { readonly origin: string }> {
  const gateway = await startGateway(registryOf(...providers), { port: 0, graceMs: 100, ...options });
  running.push(gateway);
  return { ...gateway, origin: gateway.baseURL.replace("/v1", "") };
}

async function ask(
  { baseURL }: RunningGateway,
  body: object = {},
  headers: Record<string, string> = {},
): Promise<string> {
  const response = await fetch(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ messages: MESSAGES, ...body }),
  });
  return response.text();
}

async function readStatus(origin: string): Promise<Status> {
  return (await (await fetch(`${origin}/status`)).json()) as Status;
}

/** Every event of a gateway until the client leaves. */
async function follow(origin: string): Promise<{
  readonly events: (readonly [name: string, data: Status | CallEntry])[];
  readonly calls: () => CallEntry[];
  readonly leave: () => void;
  readonly ended: Promise<void>;
}> {
  const client = new AbortController();
  const response = await fetch(`${origin}/events`, { signal: client.signal });
  const events: (readonly [string, Status | CallEntry])[] = [];
  let rest = "";
  const read = async (): Promise<void> => {
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const frames = (rest + piece).split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
        if (name !== undefined) events.push([name, JSON.parse(data ?? "")]);
      }
    }
  };
  const ended = read().catch(() => {});
  const calls = () => events.flatMap(([name, data]) => (name === "call" ? [data as CallEntry] : []));
  return { events, calls, leave: () => client.abort(), ended };
}

const BLOCKED: Turn = [new ChatError("blocked", "a captcha came", { status: 403 })];

test("the status tells who answers, why others do not, and what the last calls came to", async () => {
  const gateway = await start([memoryProvider("unwell", BLOCKED), memoryProvider("well", answer("hi"))]);

  await ask(gateway, {}, { "x-request-id": "mine-1" });
  const status = await readStatus(gateway.origin);

  expect(status).toMatchObject({
    object: "status",
    state: "limited",
    answers: "well/model",
    running: 0,
    candidates: [
      {
        id: "unwell/model",
        outcome: "skipped",
        in_auto: true,
        state: "refused",
        code: "blocked",
        reason: expect.stringContaining("until"),
        until: expect.any(String),
        counts: { answered: 0, failed: 1, skipped: 0, aborted: 0 },
        last_error: {
          code: "blocked",
          message: expect.stringContaining("a captcha came"),
          fix: expect.stringMatching(/^The site turns this network away/),
          help: expect.stringMatching(/^https:.*\/errors#blocked$/),
        },
      },
      {
        id: "well/model",
        outcome: "asked",
        state: "well",
        counts: { answered: 1 },
        first_ms: expect.any(Number),
      },
    ],
    problems: [{ what: "unwell/model is not asked: blocked.", how: expect.stringContaining("proxy") }],
    calls: [
      {
        id: "mine-1",
        route: "POST /v1/chat/completions",
        state: "answered",
        model: "auto",
        provider: "well",
        status: 200,
        attempts: [
          { provider: "unwell", outcome: "failed", code: "blocked" },
          { provider: "well", outcome: "answered" },
        ],
      },
    ],
  });
  expect(status.candidates[0]?.minutes).toHaveLength(60);
  expect(status.candidates[1]?.minutes.at(-1)).toEqual({ answered: 1, failed: 0, skipped: 0 });
});

test("nothing of a prompt or an answer is in the status, the events or the metrics", async () => {
  const gateway = await start([memoryProvider("well", answer("the secret answer"))]);
  const followed = await follow(gateway.origin);

  await ask(gateway, { messages: [{ role: "user", content: "the secret prompt" }] });
  await vi.waitFor(() => expect(followed.calls().at(-1)?.state).toBe("answered"));
  const told = await Promise.all(
    ["status", "metrics"].map(async (path) => (await fetch(`${gateway.origin}/${path}`)).text()),
  );

  expect(told.join("") + JSON.stringify(followed.events)).not.toContain("secret");
});

test.each([
  ["everybody is well", [memoryProvider("one", answer("x"))], "ok"],
  ["nobody may be asked", [memoryProvider("one", [new ChatError("auth", "the key is refused")])], "down"],
  ["nobody is installed", [], "down"],
])("where %s, the state says so", async (_, providers, state) => {
  const gateway = await start(providers);
  await ask(gateway);

  const status = await readStatus(gateway.origin);

  expect(status.state).toBe(state);
  expect(status.problems.length > 0).toBe(state === "down");
});

test("problems of the configuration and providers that are absent are told with what would mend them", async () => {
  const registry = createRegistry({
    providers: [memoryProvider("one", answer("x"))],
    servers: { mine: { baseURL: "http://127.0.0.1:9/v1", models: ["small"] } },
  });
  const gateway = await startGateway(registry, { port: 0, problems: ['alias "fast" leads nowhere'] });
  running.push(gateway);

  const status = await readStatus(gateway.baseURL.replace("/v1", ""));

  expect(status.problems[0]).toEqual({
    what: 'alias "fast" leads nowhere',
    how: expect.stringContaining("configuration"),
  });
});

test("a refused request is a call too, without anybody asked", async () => {
  const gateway = await start([memoryProvider("one", answer("x"))], { token: "secret" });

  await ask(gateway);
  await ask(gateway, { messages: 3 }, { authorization: "Bearer secret" });
  const status = (await (
    await fetch(`${gateway.origin}/status`, { headers: { authorization: "Bearer secret" } })
  ).json()) as Status;

  expect(status.calls).toMatchObject([
    { state: "failed", status: 400, attempts: [] },
    { state: "failed", status: 401, code: "invalid_api_key", attempts: [] },
  ]);
});

test("of a name that is too long for one only the length is kept", async () => {
  const gateway = await start([memoryProvider("one", answer("x"))]);

  await ask(gateway, { model: `one/${"n".repeat(100_000)}`, messages: MESSAGES });
  const status = (await (await fetch(`${gateway.origin}/status`)).json()) as Status;

  expect(status.calls).toMatchObject([{ state: "failed", model: "(a text of 100004 characters)" }]);
});

test.each(["status", "events", "metrics"])("/%s obeys the rules of host, origin and token", async (path) => {
  const tokens = { all: "for-all", one: { token: "for-one", models: ["auto"] } };
  const gateway = await start([memoryProvider("one", answer("x"))], { tokens });
  const get = async (headers: Record<string, string>): Promise<number> => {
    const response = await fetch(`${gateway.origin}/${path}`, { headers });
    await response.body?.cancel();
    return response.status;
  };

  expect(await get({})).toBe(401);
  expect(await get({ authorization: "Bearer wrong" })).toBe(401);
  expect(await get({ authorization: "Bearer for-one" })).toBe(403);
  expect(await get({ "x-api-key": "for-all" })).toBe(200);
  expect(await get({ authorization: "Bearer for-all", origin: "https://evil.example" })).toBe(403);
});

test("events tell a fallback as it happens, and the status that it leaves", async () => {
  const gateway = await start([
    memoryProvider("unwell", [50, ...BLOCKED]),
    memoryProvider("well", [50, ...text("a"), 150, ...answer("b")]),
  ]);
  const followed = await follow(gateway.origin);
  await vi.waitFor(() => expect(followed.events[0]?.[0]).toBe("status"));

  await ask(gateway, { stream: true }, { "x-request-id": "live" });
  await vi.waitFor(() => expect(followed.calls().at(-1)?.state).toBe("answered"));

  const states = followed.calls().map(({ state, attempts }) => `${state} ${attempts.length}`);
  expect(states).toContain("answering 1");
  expect(states.at(-1)).toBe("answered 2");
  expect(followed.calls().every(({ id }) => id === "live")).toBe(true);
  await vi.waitFor(() => {
    const last = followed.events.findLast(([name]) => name === "status")?.[1] as Status;
    expect(last.candidates[0]).toMatchObject({ id: "unwell/model", state: "refused" });
  });
});

test("a client that leaves frees its place, and one that stays is let go when the gateway closes", async () => {
  const gateway = await start([memoryProvider("one", answer("x"))]);
  const places = await Promise.all(Array.from({ length: 64 }, () => follow(gateway.origin)));

  expect((await fetch(`${gateway.origin}/events`)).status).toBe(503);
  for (const { leave } of places.slice(1)) leave();
  await vi.waitFor(async () => expect((await fetch(`${gateway.origin}/status`)).status).toBe(200));
  await vi.waitFor(async () => {
    const response = await fetch(`${gateway.origin}/events`);
    await response.body?.cancel();
    expect(response.status).toBe(200);
  });
  const begun = performance.now();
  await gateway.close();
  await places[0]?.ended;

  expect(performance.now() - begun).toBeLessThan(5_000);
});

test("a change of the registry is watched, and what was counted stays", async () => {
  const gateway = await start([memoryProvider("one", answer("x"))]);
  await ask(gateway);
  const same = registryOf(memoryProvider("two", answer("y")));

  await gateway.replace(same);
  await gateway.replace(same);
  await ask(gateway);
  const { calls, candidates } = await readStatus(gateway.origin);

  expect(calls.map(({ provider }) => provider)).toEqual(["two", "one"]);
  expect(candidates).toMatchObject([{ id: "two/model", counts: { answered: 1 } }]);
});

test("whoever follows the events is let go when tokens change, and comes back with one that counts", async () => {
  const registry = registryOf(memoryProvider("one", answer("x")));
  const gateway = await startGateway(registry, { port: 0, tokens: { old: "token-before" } });
  running.push(gateway);
  const origin = gateway.baseURL.replace("/v1", "");
  const events = (token: string) =>
    fetch(`${origin}/events`, { headers: { authorization: `Bearer ${token}` } });
  const before = await events("token-before");

  await gateway.replace(registry, { tokens: { new: "token-after" } });

  expect(await before.text()).toContain("event: status");
  expect((await events("token-before")).status).toBe(401);
  const after = await events("token-after");
  await after.body?.cancel();
  expect(after.status).toBe(200);
});

test("the keys of a provider are candidates of their own, by position and mark, never by the key", async () => {
  const server = createServer((request, response) => {
    const isRefused = request.headers.authorization === "Bearer first-secret";
    response.writeHead(isRefused ? 401 : 200, { "content-type": "application/json" });
    const message = { role: "assistant", content: "hi" };
    response.end(
      JSON.stringify(
        isRefused
          ? { error: { message: "Incorrect API key provided", code: "invalid_api_key" } }
          : { id: "1", model: "small", choices: [{ index: 0, message, finish_reason: "stop" }] },
      ),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const gateway = await start([
    createOpenAI({
      id: "many",
      baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      apiKey: ["first-secret", "second-secret"],
      models: [{ id: "small" }],
    }),
  ]);

  await ask(gateway);
  const { candidates, problems, calls } = await readStatus(gateway.origin);
  const metrics = await (await fetch(`${gateway.origin}/metrics`)).text();

  expect(candidates).toMatchObject([
    { id: "many/small", key: { position: 1 }, state: "refused", code: "auth", counts: { failed: 1 } },
    { id: "many/small", key: { position: 2 }, state: "well", counts: { answered: 1, failed: 0 } },
  ]);
  expect(candidates[0]?.key?.mark).not.toBe(candidates[1]?.key?.mark);
  expect(problems).toMatchObject([{ what: "many/small (key 1) is not asked: auth." }]);
  expect(calls[0]?.attempts.map(({ key, outcome }) => [key?.position, outcome])).toEqual([
    [1, "failed"],
    [2, "answered"],
  ]);
  expect(metrics).toContain(
    'fallthrough_candidate_state{provider="many",model="small",key="1",state="refused"} 1',
  );
  expect(metrics).toContain(
    'fallthrough_candidate_reason{provider="many",model="small",key="1",domain="policy",type="auth"} 1',
  );
  expect(JSON.stringify([candidates, calls, problems]) + metrics).not.toContain("secret");
});

test("a call that the application makes itself is told without a route", async () => {
  const registry = registryOf(memoryProvider("one", answer("x")));
  const gateway = await startGateway(registry, { port: 0 });
  running.push(gateway);

  await registry.chat({ messages: [{ role: "user", content: "hi" }] }).text();
  const { calls } = await readStatus(gateway.baseURL.replace("/v1", ""));

  expect(calls).toMatchObject([{ state: "answered", provider: "one" }]);
  expect(calls[0]).not.toHaveProperty("route");
});
