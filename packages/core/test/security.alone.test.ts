import { MockAgent, setGlobalDispatcher } from "undici";
import { expect, test } from "vitest";
import type { ProviderSettings } from "../src/contract/settings.ts";
import { failureOf } from "./providers.ts";
import { answer, createClient, startAnswering, startServer } from "./servers.ts";

// one test for each rule that no test of a single file owns; the others stand in http/ and beside the parsers

const OK = answer("{}");

test("a key is sent in a header alone, never in an address", async () => {
  const server = await startServer(({ socket, index }) =>
    socket.write(index === 0 ? answer("", { status: 302, headers: { location: "/next?x=1" } }) : OK),
  );
  const http = createClient(server, {
    headers: { "x-api-key": "hidden-key", authorization: "Bearer hidden-token" },
    cookies: { id: "hidden-cookie" },
  });
  http.addSecret("hidden-session");

  await (await http({ path: "/", query: { x: "1" }, followRedirects: true })).json();
  await (await http({ method: "POST", path: "/", body: { prompt: "hidden-prompt" } })).json();

  expect(server.requests.map(({ path }) => path)).toEqual(["/?x=1", "/next?x=1", "/"]);
  expect(server.requests.map(({ headers }) => headers["x-api-key"])).toEqual(Array(3).fill("hidden-key"));
});

test.each([
  "//elsewhere.example/",
  "/\\elsewhere.example/",
  "@elsewhere.example/",
  ":1/",
  ".elsewhere.example/",
])("the path %s stays on the origin", async (path) => {
  const server = await startAnswering(OK);

  await (await createClient(server)({ path })).json();

  expect(server.requests).toHaveLength(1);
});

test("two instances on one dispatcher share no cookie", async () => {
  const dispatcher = new MockAgent();
  dispatcher.disableNetConnect();
  const sent: (string | undefined)[] = [];
  const pool = dispatcher.get("https://toy.example");
  pool
    .intercept({ path: "/" })
    .reply(({ headers }) => {
      sent.push((headers as Record<string, string>)["cookie"]);
      return { statusCode: 200, data: "{}", responseOptions: { headers: { "set-cookie": "session=1" } } };
    })
    .persist();
  const [first, second] = [1, 2].map(() => createClient({ origin: "https://toy.example" }, { dispatcher }));

  for (const http of [first, first, second]) await (await http?.({ path: "/" }))?.json();

  expect(sent).toEqual([undefined, "session=1", undefined]);
});

test("a dispatcher that the application has set for everybody gets no request of ours", async () => {
  const server = await startAnswering(OK);
  const everybody = new MockAgent();
  everybody.disableNetConnect();
  const key = Symbol.for("undici.globalDispatcher.1");
  const before = Reflect.get(globalThis, key);
  setGlobalDispatcher(everybody);
  try {
    await (await createClient(server)({ path: "/" })).json();
  } finally {
    setGlobalDispatcher(before);
  }

  expect(server.requests).toHaveLength(1);
});

test.each([
  ["rejectUnauthorized", { rejectUnauthorized: false }],
  ["a connector", { connect: { rejectUnauthorized: false }, tls: { rejectUnauthorized: false } }],
  ["plain http", { insecureHttp: true }],
])("no setting turns the check of certificates off: %s", async (_, settings) => {
  const server = await startServer(({ socket }) => socket.write(OK), { certificate: "certificate" });

  const error = await failureOf(createClient(server, settings as ProviderSettings)({ path: "/" }));

  expect(error.code).toBe("tls");
  expect(server.requests).toHaveLength(0);
});

test("a cookie that would end its line is refused, and nothing is sent", async () => {
  const server = await startAnswering(OK);
  const create = async () => createClient(server, { cookies: { id: "hidden\r\nx-evil: 1" } });

  const error = await failureOf(create());

  expect(error.code).toBe("config");
  expect(error.message).not.toContain("hidden");
  expect(server.requests).toHaveLength(0);
});

test("names of the prototype change nothing, in a head, in cookies, in settings and in JSON", async () => {
  const names = ["__proto__", "constructor", "prototype"];
  const headers = Object.fromEntries(names.map((name) => [name, "polluted"]));
  const server = await startAnswering(
    answer('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}', {
      headers: { ...headers, "set-cookie": "__proto__=polluted" },
    }),
  );
  const settings = JSON.parse(
    '{"proxy":false,"headers":{"__proto__":"x"},"cookies":{"constructor":"x"},"limits":{"__proto__":{"polluted":1}}}',
  );
  await expect(failureOf((async () => createClient(server, settings))())).resolves.toMatchObject({
    code: "config",
    message: expect.stringContaining("`limits.__proto__` is unknown"),
  });
  delete settings.limits;
  const http = createClient(server, settings);

  for (let count = 0; count < 2; count++) {
    const value = await (await http({ path: "/" })).json();
    expect((value as { polluted?: unknown }).polluted).toBeUndefined();
  }

  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  // no server that means well names a cookie so, and its parser drops it
  expect(server.requests[1]?.headers["cookie"]).toBe("constructor=x");
});
