import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { discoverProviders } from "../../src/discover.ts";
import { createRegistry } from "../../src/index.ts";
import { installed, manifest, writeFiles } from "../application.ts";

const QUESTION = { messages: [{ role: "user", content: "Hi" }] } as const;
const PRESETS = [
  {
    id: "local",
    needs: { listening: true },
    server: { baseURL: "http://127.0.0.1:9/v1" },
    settings: { topK: true },
  },
  {
    id: "hosted",
    needs: { environment: ["TEST_KEY"], page: "https://keys.example" },
    server: { baseURL: "https://hosted.example/v1", apiKeyEnv: "TEST_KEY" },
    settings: { jsonObject: false },
  },
];

afterEach(() => vi.unstubAllEnvs());

/** An application with a provider package that speaks to any server. */
function application(
  instances: object | string = PRESETS,
  files: Readonly<Record<string, object>> = {},
): string {
  return writeFiles({
    "package.json": manifest("provider-a"),
    ...installed("a", { protocol: "openai", instances, models: [], needs: undefined }),
    ...files,
  });
}

async function settingsOf(from: string, servers: object, model: string): Promise<unknown> {
  const { providers, problems } = await discoverProviders({ from, servers: servers as never });
  expect(problems).toEqual([]);
  return JSON.parse(
    await createRegistry({ providers })
      .chat({ ...QUESTION, messages: [...QUESTION.messages], model })
      .text(),
  );
}

test("servers are made by name, as many as one likes, before all others", async () => {
  const from = application();
  const servers = {
    acme: { baseURL: "http://127.0.0.1:1/v1", apiKey: "k" },
    emca: { baseURL: "http://127.0.0.1:2/v1", apiKey: ["k", "l"] },
  };

  const { providers } = await discoverProviders({ from, servers });

  expect(providers.map(({ id }) => id)).toEqual(["acme", "emca", "a", "local", "hosted"]);
  expect(providers[0]).toMatchObject({ name: "acme", models: [], status: { state: "unverified" } });
  expect(await settingsOf(from, servers, "acme/x")).toEqual({ id: "acme", ...servers.acme });
  expect(await settingsOf(from, servers, "emca/x")).toEqual({ id: "emca", ...servers.emca });
});

test("a preset gives a server its dialect, and its key to its own server alone", async () => {
  const from = application();
  const baseURL = "http://127.0.0.1:1/v1";

  expect(await settingsOf(from, { mine: { preset: "hosted", baseURL } }, "mine/x")).toEqual({
    id: "mine",
    baseURL,
    jsonObject: false,
  });
  expect(await settingsOf(from, { second: { preset: "hosted", apiKey: "k" } }, "second/x")).toEqual({
    id: "second",
    baseURL: "https://hosted.example/v1",
    apiKeyEnv: "TEST_KEY",
    jsonObject: false,
    apiKey: "k",
  });
});

test("the models of a server are names", async () => {
  const { providers } = await discoverProviders({
    from: application(),
    servers: {
      acme: { baseURL: "http://127.0.0.1:1/v1", models: ["small", { id: "big", contextWindow: 9 }] },
    },
  });

  expect(createRegistry({ providers }).resolve("big")).toMatchObject([
    { provider: { id: "acme" }, model: "big" },
  ]);
});

test("a server by the name of an instance takes its place", async () => {
  const { providers } = await discoverProviders({
    from: application(),
    servers: { local: { baseURL: "http://127.0.0.1:1/v1" } },
  });

  expect(providers.map(({ id }) => id)).toEqual(["local", "a", "hosted"]);
});

test.each([
  ["`acme.baseUrl`", { acme: { baseUrl: "http://127.0.0.1:1/v1" } }],
  ["`acme.models`", { acme: { baseURL: "http://127.0.0.1:1/v1", models: "x" } }],
  ["`acme.apiKey[1]`", { acme: { baseURL: "http://127.0.0.1:1/v1", apiKey: ["k", 7] } }],
  ["`acme`", { acme: "http://127.0.0.1:1/v1" }],
  ["has no `baseURL`", { acme: { apiKey: "k" } }],
  ['expected "hosted"', { acme: { preset: "hostet" } }],
  ['speaks "anthropic"', { acme: { protocol: "anthropic", baseURL: "http://127.0.0.1:1/v1" } }],
])("a mistake is told with %s", async (told, servers) => {
  await expect(discoverProviders({ from: application(), servers: servers as never })).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining(told),
  });
});

test("where no provider speaks the protocol, what to install is told", async () => {
  const from = writeFiles({ "package.json": manifest("provider-b"), ...installed("b") });

  await expect(
    discoverProviders({ from, servers: { acme: { baseURL: "http://127.0.0.1:1/v1" } } }),
  ).rejects.toThrow("npm install @fallthrough/provider-openai");
});

test("createRegistry() makes servers with the package that is installed beside it", async () => {
  const registry = createRegistry({
    servers: { acme: { baseURL: "http://127.0.0.1:1/v1", preset: "vllm" } },
  });

  expect(registry.providers()).toMatchObject([{ id: "acme", name: "acme (vllm)" }]);
  await registry.close();
  expect(() => createRegistry({ servers: { acme: { baseUrl: "x" } } as never })).toThrow(
    "`baseURL` in its place",
  );
});

test("instances may stand in a file of their own", async () => {
  const from = application("./presets.json", {
    "node_modules/provider-a/presets.json": { presets: PRESETS },
  });

  const { providers } = await discoverProviders({ from });

  expect(providers.map(({ id }) => id)).toEqual(["a", "local", "hosted"]);
});

test("auto asks who is there: servers that listen, and services whose key is set", async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const [local, hosted] = PRESETS;
  const up = { ...local, id: "up", server: { baseURL: `http://127.0.0.1:${port}/v1` } };
  const from = application([{ ...local, id: "a" }, up, hosted]);

  const without = createRegistry(await discoverProviders({ from }));
  vi.stubEnv("TEST_KEY", "k");
  const registry = createRegistry(await discoverProviders({ from }));

  expect(without.resolve().map(({ provider }) => provider.id)).toEqual(["up"]);
  expect(without.providers().map(({ id }) => id)).toEqual(["up"]);
  expect(without.absent()).toMatchObject([
    { provider: { id: "a" }, reason: "is not there: nothing listens on 127.0.0.1:9", askable: true },
    { provider: { id: "hosted" }, reason: "needs TEST_KEY", page: "https://keys.example", askable: false },
  ]);
  expect(registry.resolve().map(({ provider }) => provider.id)).toEqual(["up", "hosted"]);
});

test("who has no key is skipped with what is needed, and never asked", async () => {
  const registry = createRegistry(await discoverProviders({ from: application() }));

  const reply = registry.chat({ model: "hosted/x", messages: [{ role: "user", content: "Hi" }] });

  await expect(reply.text()).rejects.toThrow("needs TEST_KEY, see https://keys.example");
  expect(reply.route.attempts).toMatchObject([{ outcome: "skipped", code: "config" }]);
});

test("where nobody is there, what would help is told", async () => {
  const [local, hosted] = PRESETS;
  const registry = createRegistry(
    await discoverProviders({ from: application([{ ...local, id: "a" }, hosted]) }),
  );

  expect(() => registry.resolve()).toThrow(
    "no provider can be asked yet, expected a local server or a key: a is not there: nothing listens on 127.0.0.1:9; hosted needs TEST_KEY, see https://keys.example",
  );
});

test("settings of nobody that have an address make a server, and are told", async () => {
  const settings = { acme: { baseURL: "http://127.0.0.1:1/v1" }, locl: { baseURL: "http://127.0.0.1:1/v1" } };

  const { providers, problems } = await discoverProviders({ from: application(), settings });

  expect(providers.slice(0, 2).map(({ id }) => id)).toEqual(["acme", "locl"]);
  expect(problems.map(({ error }) => error.message)).toEqual([
    expect.stringContaining('settings for "acme" belong to no provider and make a server'),
    expect.stringContaining('or "local"'),
  ]);
});

test("settings of a name that a server has are told, because they are not used", async () => {
  const servers = { mine: { baseURL: "http://127.0.0.1:1/v1" }, local: { baseURL: "http://127.0.0.1:2/v1" } };
  const settings = { mine: { apiKey: "k" }, local: { apiKey: "k" } };

  const { problems } = await discoverProviders({ from: application(), servers, settings });

  expect(problems.map(({ error }) => error.message)).toEqual([
    'settings for "mine" are not used, because a server has that name, expected them in `servers.mine`',
    'settings for "local" are not used, because a server has that name, expected them in `servers.local`',
  ]);
});

test.each(["one/two", "One", "a".repeat(40)])("a server cannot be called %s", async (name) => {
  const servers = { [name]: { baseURL: "http://127.0.0.1:1/v1" } };

  await expect(discoverProviders({ from: application(), servers })).rejects.toMatchObject({
    code: "config",
    message: `server "${name}" has a name that is no id, expected at most 39 lower-case letters, digits and hyphens`,
  });
});

test("wrong settings of one instance leave out that one alone", async () => {
  const settings = { hosted: { timeouts: { firstChunk: 1 } } };
  const servers = { mine: { baseURL: "http://127.0.0.1:1/v1" } };

  const { providers, problems } = await discoverProviders({
    from: application(),
    servers,
    settings: settings as never,
    order: ["hosted"],
  });

  expect(providers.map(({ id }) => id)).toEqual(["mine", "a", "local"]);
  expect(problems.map(({ error }) => error.message)).toEqual([
    "[hosted] setting `timeouts.firstChunk` is unknown, expected `firstChunkMs`",
  ]);
});

test.each(["order", "allow", "deny"] as const)("a name in `%s` that is nobody's is told", async (list) => {
  const { problems } = await discoverProviders({ from: application(), [list]: ["local", "hostet"] });

  expect(problems.map(({ error }) => error.message)).toEqual([
    `\`${list}\` names "hostet", which is no provider, expected "hosted"`,
  ]);
});
