import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { chat } from "@fallthrough/core";
import { createOpenAI } from "@fallthrough/provider-openai";
import { afterEach, expect, test } from "vitest";
import { ChainExhaustedError, createChain, createRegistry, type Registry } from "../src/index.ts";
import { answer, fakeProvider, QUESTION } from "./fake-provider.ts";

const KEYS = ["first-secret", "second-secret", "third-secret"] as const;

/** What a server does for one key. */
type Behaviour = (response: ServerResponse, path: string) => void;

const open: (Server | Registry)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) {
    if ("chat" in one) await one.close();
    else {
      one.closeAllConnections();
      one.close();
    }
  }
});

const answers: Behaviour = (response) => {
  const events = [{ choices: [{ index: 0, delta: { content: "here" }, finish_reason: "stop" }] }, "[DONE]"];
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(
    events.map((one) => `data: ${typeof one === "string" ? one : JSON.stringify(one)}\n\n`).join(""),
  );
};

function refuses(status: number, code: string, headers: Record<string, string> = {}): Behaviour {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ error: { message: `no, says the server`, code } }));
  };
}

function leaves(requests: number): Behaviour {
  return (response, path) => {
    response.setHeader("x-ratelimit-limit-requests", "30");
    response.setHeader("x-ratelimit-remaining-requests", `${requests}`);
    response.setHeader("x-ratelimit-reset-requests", "60s");
    answers(response, path);
  };
}

/** A server that behaves by key, and the keys that it was shown, in order. */
async function serve(
  by: readonly Behaviour[],
): Promise<{ readonly baseURL: string; readonly shown: number[] }> {
  const shown: number[] = [];
  const server = createServer((request, response) => {
    const place = KEYS.findIndex((key) => request.headers.authorization === `Bearer ${key}`);
    shown.push(place + 1);
    request
      .resume()
      .on("end", () => (by[place] ?? refuses(401, "invalid_api_key"))(response, request.url ?? ""));
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, shown };
}

/** A registry with this server under the name "acme", and one that always answers behind it. */
function registryOf(baseURL: string, apiKey: string | readonly string[] = KEYS): Registry {
  const acme = createOpenAI({ id: "acme", baseURL, apiKey, models: [{ id: "m" }] });
  const registry = createRegistry({ providers: [acme, fakeProvider("spare", [answer("spare")])] });
  open.push(registry);
  return registry;
}

test("several keys take turns, and the route tells which one answered by position and mark", async () => {
  const { baseURL, shown } = await serve([answers, answers, answers]);
  const registry = registryOf(baseURL);

  const routes = [];
  for (let call = 0; call < 4; call++) routes.push((await registry.chat(QUESTION).result()).route);

  expect(shown).toEqual([1, 2, 3, 1]);
  expect(routes.map(({ attempts }) => attempts.map(({ key }) => key?.position))).toEqual([
    [1],
    [2],
    [3],
    [1],
  ]);
  const marks = routes.map(({ attempts }) => attempts[0]?.key?.mark);
  expect(new Set(marks).size).toBe(3);
  expect(marks[3]).toBe(marks[0]);
  expect(JSON.stringify(routes)).not.toContain("secret");
});

test("calls at one time are spread over the keys", async () => {
  const { baseURL, shown } = await serve([answers, answers, answers]);
  const registry = registryOf(baseURL);

  await Promise.all(KEYS.map(() => registry.chat(QUESTION).text()));

  expect(shown.toSorted()).toEqual([1, 2, 3]);
});

test("the next call goes to the key with the most room", async () => {
  const { baseURL, shown } = await serve([leaves(3), leaves(20), leaves(10)]);
  const registry = registryOf(baseURL);

  for (let call = 0; call < 5; call++) await registry.chat(QUESTION).text();

  expect(shown).toEqual([1, 2, 3, 2, 2]);
  const steps = await registry.explain("acme");
  expect(
    steps.flatMap((step) =>
      step.type === "candidate" ? [[step.key?.position, step.limits?.[0]?.left]] : [],
    ),
  ).toEqual([
    [1, 3],
    [2, 20],
    [3, 10],
  ]);
});

test.each([
  ["refused", refuses(401, "invalid_api_key"), "auth"],
  ["spent", refuses(402, "insufficient_quota"), "payment"],
  ["limited", refuses(429, "rate_limit_exceeded", { "retry-after": "60" }), "rate-limit"],
])(
  "a key that is %s is passed over inside the same call, before another provider",
  async (_, refusal, code) => {
    const { baseURL, shown } = await serve([refusal, refusal, answers]);
    const registry = registryOf(baseURL);

    const { text, route } = await registry.chat(QUESTION).result();
    await registry.chat(QUESTION).text();

    expect(text).toBe("here");
    expect(route.provider).toBe("acme");
    expect(route.attempts).toMatchObject([
      { provider: "acme", outcome: "failed", code, key: { position: 1 } },
      { provider: "acme", outcome: "failed", code, key: { position: 2 } },
      { provider: "acme", outcome: "answered", key: { position: 3 } },
    ]);
    // what is known of the keys spares the next call their refusals
    expect(shown).toEqual([1, 2, 3, 3]);
  },
);

test("a limit of one key that a header told leaves the others their room", async () => {
  const { baseURL, shown } = await serve([leaves(0), leaves(0), leaves(5)]);
  const registry = registryOf(baseURL);

  for (let call = 0; call < 5; call++) await registry.chat(QUESTION).text();

  expect(shown).toEqual([1, 2, 3, 3, 3]);
});

test("another key is not tried where the server itself failed, or refused the request", async () => {
  const failures = [
    refuses(500, "server_error"),
    refuses(404, "model_not_found"),
    refuses(400, "bad_request"),
  ];
  for (const failure of failures) {
    const { baseURL, shown } = await serve([failure, failure, failure]);

    const { text, route } = await registryOf(baseURL).chat(QUESTION).result();

    expect(text).toBe("spare");
    expect(shown).toHaveLength(1);
    expect(route.attempts.map(({ outcome }) => outcome)).toEqual([
      "failed",
      "skipped",
      "skipped",
      "answered",
    ]);
  }
});

test("once every key is refused the next provider answers, and alone the error names each by position and mark", async () => {
  const { baseURL } = await serve([]);
  const registry = registryOf(baseURL);
  const alone = createChain([createOpenAI({ id: "acme", baseURL, apiKey: KEYS })]);

  expect(await registry.chat(QUESTION).text()).toBe("spare");
  const error = await chat(alone, { ...QUESTION, model: "m" })
    .text()
    .catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(ChainExhaustedError);
  expect(String(error)).toMatch(/acme\/m with key 3 \([\w-]{12}\): failed, auth/);
  expect(String(error) + JSON.stringify(error)).not.toContain("secret");
  await alone.close();
});

test("without a chain the keys are tried in order, for answers and for lists of models", async () => {
  const { baseURL, shown } = await serve([refuses(401, "invalid_api_key"), answers]);
  const provider = createOpenAI({ baseURL, apiKey: KEYS });

  expect(await chat(provider, { ...QUESTION, model: "m" }).text()).toBe("here");
  expect(shown).toEqual([1, 2]);
  await expect(provider.listModels?.()).rejects.toMatchObject({ code: "protocol" });
  expect(shown).toEqual([1, 2, 1, 2]);
  await provider.close();
});

test("a list of one key, or of one twice, is one key", async () => {
  const { baseURL } = await serve([answers]);
  for (const apiKey of [[KEYS[0]], [KEYS[0], ` ${KEYS[0]}`, ""]]) {
    const { route } = await registryOf(baseURL, apiKey).chat(QUESTION).result();
    expect(route.attempts).toHaveLength(1);
    expect(route.attempts[0]).not.toHaveProperty("key");
  }
});

test.each<[unknown, RegExp]>([
  [[], /apiKey` is an empty list, expected at least one key/],
  [["a", 7], /apiKey\[1\]` is a number, expected a key/],
  [{ key: "a" }, /apiKey` is an object, expected a key, or a list of keys/],
])("what is no key and no list of keys is refused by name", (apiKey, message) => {
  const baseURL = "http://127.0.0.1:1/v1";
  expect(() => createOpenAI({ baseURL, apiKey: apiKey as string })).toThrow(message);
  expect(() => createRegistry({ servers: { acme: { baseURL, apiKey: apiKey as string } } })).toThrow(message);
});

test("resetting the health of a provider forgets what is known of all its keys", async () => {
  const { baseURL, shown } = await serve([]);
  const registry = registryOf(baseURL);
  await registry.chat(QUESTION).text();
  await registry.chat(QUESTION).text();
  expect(shown).toEqual([1, 2, 3]);

  await registry.resetHealth("acme");
  await registry.chat(QUESTION).text();

  expect(shown).toEqual([1, 2, 3, 1, 2, 3]);
});

test("a model that one key may not use is asked with another, and the first goes on with other models", async () => {
  const forbids: Behaviour = refuses(403, "no_plan");
  const { baseURL, shown } = await serve([forbids, answers]);
  const acme = createOpenAI({ id: "acme", baseURL, apiKey: KEYS.slice(0, 2) });
  const registry = createRegistry({ providers: [acme] });
  open.push(registry);
  const ask = async (model: string) =>
    (await registry.chat({ ...QUESTION, model: `acme/${model}` }).result()).route.attempts.map(
      ({ outcome, key }) => `${outcome} ${key?.position}`,
    );

  expect(await ask("large")).toEqual(["failed 1", "answered 2"]);
  expect(await ask("large")).toEqual(["skipped 1", "answered 2"]);
  expect(await ask("small")).toEqual(["failed 1", "answered 2"]);
  expect(shown).toEqual([1, 2, 2, 1, 2]);
});
