import { execFile } from "node:child_process";
import { inspect, promisify } from "node:util";
import { queryObjects } from "node:v8";
import { Client } from "undici";
import { expect, test, vi } from "vitest";
import { ChatError } from "../../../src/errors/chat-error.ts";
import { createHttpClient } from "../../../src/http/client/client.ts";
import type { FailedAnswer } from "../../../src/http/types.ts";
import { failureOf } from "../../providers.ts";
import { answer, createClient, startAnswering, startServer } from "../../servers.ts";

const run = promisify(execFile);
const OK = answer("{}", { headers: { "content-type": "application/json" } });

test("a request has its method, path, query, headers and body", async () => {
  const server = await startAnswering(OK);
  const http = createClient(
    { origin: `${server.origin}/base/` },
    { headers: { "X-Setting": "s", "user-agent": "mine" } },
  );

  await http({
    method: "POST",
    path: "/chat",
    query: { a: "1 2" },
    headers: { "X-Request": "r" },
    body: { text: "😀" },
  });

  expect(http.baseURL).toBe(`${server.origin}/base`);
  expect(http.origin).toBe(server.origin);
  expect(server.requests[0]).toMatchObject({
    method: "POST",
    path: "/base/chat?a=1+2",
    body: '{"text":"😀"}',
    headers: {
      "content-type": "application/json",
      "accept-encoding": "gzip, deflate, br",
      "x-setting": "s",
      "x-request": "r",
      "user-agent": "mine",
    },
  });
});

test("JSON text is sent as it is", async () => {
  const server = await startAnswering(OK);

  await createClient(server)({ method: "POST", path: "/", json: '{ "seed":12345678901234567890 }' });

  expect(server.requests[0]).toMatchObject({
    body: '{ "seed":12345678901234567890 }',
    headers: { "content-type": "application/json" },
  });
});

test("the headers of the settings go over those of a request, and these over the provider's", async () => {
  const server = await startAnswering(OK);
  const headers = { "x-all": "provider", "x-two": "provider" };
  const http = createHttpClient(
    { provider: "toy", origin: server.origin, headers },
    { headers: { "x-all": "settings" } },
  );

  await http({ path: "/", headers: { "X-All": "request", "x-two": "request" } });

  expect(server.requests[0]?.headers).toMatchObject({ "x-all": "settings", "x-two": "request" });
});

test("a form is sent urlencoded, and a GET without a body", async () => {
  const server = await startAnswering(OK);
  const http = createClient(server);

  await http({ method: "POST", path: "/", body: new URLSearchParams({ a: "ä &" }) });
  await http({ path: "//other.example/x" });

  expect(server.requests[0]).toMatchObject({
    body: "a=%C3%A4+%26",
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  expect(server.requests[1]).toMatchObject({ method: "GET", path: "/other.example/x", body: "" });
  expect(server.requests[1]?.headers).not.toHaveProperty("content-type");
});

test("an address of the same origin may be absolute, and any other is a protocol error", async () => {
  const server = await startAnswering(OK);
  const other = await startAnswering(OK);
  const http = createClient(server);

  await http({ path: `${server.origin}/absolute?x=1` });
  const foreign = await failureOf(http({ path: `${other.origin}/` }));
  const broken = await failureOf(http({ path: "http://[" }));

  expect(server.requests[0]?.path).toBe("/absolute?x=1");
  expect([foreign.code, broken.code]).toEqual(["protocol", "protocol"]);
  expect(other.connections).toBe(0);
});

test("an answer tells its status, headers and cookies", async () => {
  const server = await startAnswering(
    "HTTP/1.1 201 Created\r\nContent-Type: Text/HTML; charset=x\r\nX-A: 1\r\nX-A: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\ncontent-length: 0\r\n\r\n",
  );

  const response = await createClient(server)({ path: "/" });

  expect(response).toMatchObject({ status: 201, contentType: "text/html", setCookie: ["a=1", "b=2"] });
  expect(response.headers).toMatchObject({ "x-a": "1, 2" });
});

test.each([
  ["a line break in a header", { headers: { "x-a": "b\r\nx-evil: 1" } }],
  ["a header that undici refuses", { headers: { "transfer-encoding": "chunked" } }],
])("%s is a config error, and nothing is sent", async (_, request) => {
  const server = await startAnswering(OK);

  const error = await failureOf(createClient(server)({ path: "/", ...request }));

  expect(error.code).toBe("config");
  expect(server.requests).toHaveLength(0);
});

test("a setting that cannot be used fails when the client is made", () => {
  const create = (settings: object) => () =>
    createHttpClient({ provider: "toy", origin: "https://toy.example" }, settings);

  expect(create({ baseURL: "nowhere" })).toThrow(expect.objectContaining({ code: "config" }));
  expect(create({ proxy: "nowhere" })).toThrow(expect.objectContaining({ code: "config" }));
  expect(create({ headers: { a: "b\n" } })).toThrow(expect.objectContaining({ code: "config" }));
});

test("cookies that a server sets come back to it, and never reach another instance", async () => {
  const server = await startAnswering(answer("{}", { headers: { "set-cookie": "session=one; Path=/" } }));
  const first = createClient(server, { cookies: { given: "1" } });
  const second = createClient(server);

  for (const http of [first, first, second]) await (await http({ path: "/" })).text();

  expect(server.requests.map(({ headers }) => headers["cookie"])).toEqual([
    "given=1",
    "given=1; session=one",
    undefined,
  ]);
});

test("cookies of an answer that must not be kept are not", async () => {
  const server = await startAnswering(answer("{}", { headers: { "set-cookie": "talk=one" } }));
  const http = createClient(server);

  await (await http({ path: "/", keepCookies: false })).text();
  await (await http({ path: "/" })).text();

  expect(server.requests[1]?.headers["cookie"]).toBeUndefined();
});

test("a page fetch follows redirects on its own origin, three at most, with their cookies", async () => {
  const server = await startServer(({ path, socket }) => {
    const step = Number(path.slice(1));
    const headers = { location: `/${step - 1}`, "set-cookie": `step${step}=1` };
    socket.write(step === 0 ? answer("there") : answer("", { status: 302, headers }));
  });
  const http = createClient(server);

  expect(await (await http({ path: "/3", followRedirects: true })).text()).toBe("there");
  expect((await failureOf(http({ path: "/4", followRedirects: true }))).code).toBe("protocol");
  expect(server.requests[3]?.headers["cookie"]).toBe("step3=1; step2=1; step1=1");
  expect(server.requests).toHaveLength(8);
});

test.each([301, 302, 303, 307, 308])(
  "a redirect %i to another origin is not followed: it receives nothing",
  async (status) => {
    const other = await startAnswering(OK);
    const server = await startAnswering(answer("", { status, headers: { location: `${other.origin}/x` } }));
    const http = createClient(server, { headers: { "x-api-key": "hidden" }, cookies: { a: "hidden" } });

    const posted = await failureOf(http({ method: "POST", path: "/", body: { prompt: "p" } }));
    const followed = await failureOf(http({ path: "/", followRedirects: true }));

    expect([posted.code, followed.code]).toEqual(["blocked", "blocked"]);
    expect(other.connections).toBe(0);
  },
);

test("a redirect may be the answer", async () => {
  const server = await startAnswering(
    answer("", { status: 302, headers: { location: "/", "set-cookie": "credential=x" } }),
  );

  const response = await createClient(server)({ path: "/", acceptRedirects: true });

  expect(response).toMatchObject({ status: 302, setCookie: ["credential=x"] });
});

test("the provider itself is asked first what a failed answer means", async () => {
  const body = "x".repeat(100_000);
  const server = await startAnswering(
    answer(body, { status: 403, headers: { "content-type": "text/HTML" } }),
  );
  const answers: FailedAnswer[] = [];

  const error = await failureOf(
    createClient(server)({
      path: "/",
      recognise: (failed) => {
        answers.push(failed);
        return new ChatError("auth", "the link has expired");
      },
    }),
  );

  expect(error.code).toBe("auth");
  expect(answers).toMatchObject([{ status: 403, contentType: "text/html", body: body.slice(0, 64 * 1024) }]);
});

test("no secret of the instance is in an error, in whatever form it comes back", async () => {
  const secret = "hush+hush/123";
  const server = await startAnswering(
    answer(JSON.stringify({ error: secret }), { headers: { "set-cookie": "session=jar-secret" } }),
  );
  const http = createClient(server, {
    headers: { "x-api-key": secret, authorization: "Token of-the-caller" },
    cookies: { given: "cookie-secret" },
  });
  await http({ path: "/", headers: { "x-authorization": "Bearer of-the-session" } });
  http.addSecret("added-secret");
  const echo = ["hush+hush/123", encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
  const others = ["of-the-caller", "cookie-secret", "jar-secret", "of-the-session", "added-secret"];
  const said = [...echo, ...others].join(" ");

  const error = http.error("server", said, { cause: new Error(said, { cause: new Error(said) }) });

  expect(error.message).toBe(`[toy] ${"[redacted] ".repeat(8).trim()}`);
  expect(inspect(error, { depth: 9 })).not.toMatch(/hush|of-the|-secret/);
});

test("a response shows neither the key nor the prompt of its request to whoever logs it", async () => {
  const server = await startAnswering(
    answer("data: 1\n\n", { headers: { "content-type": "text/event-stream" } }),
  );
  const http = createClient(server);
  const headers = { authorization: "Bearer nobody-logs-a-key" };
  const response = await http({ method: "POST", path: "/", headers, body: { say: "nobody-logs-a-prompt" } });
  const groups = response.eventGroups()[Symbol.asyncIterator]();

  const shown = inspect([response, groups], { depth: 12 });
  await groups.next();

  expect(shown).not.toContain("nobody-logs");
});

test("headers that change from request to request are sent as they are, and none of their secrets is forgotten", async () => {
  const server = await startAnswering(OK);
  const http = createClient(server, { headers: { cookie: "outright=1" } });
  const headers: Record<string, string> = { authorization: "Bearer first-secret" };

  await http({ path: "/", headers });
  headers["authorization"] = "Bearer second-secret";
  await http({ path: "/", headers });
  await http({ path: "/", headers: {}, method: "POST", body: {} });

  expect(server.requests.map((request) => request.headers["authorization"])).toEqual([
    "Bearer first-secret",
    "Bearer second-secret",
    undefined,
  ]);
  expect(server.requests.map((request) => request.headers["content-type"])).toEqual([
    undefined,
    undefined,
    "application/json",
  ]);
  expect(server.requests.map((request) => request.headers["cookie"])).toEqual(Array(3).fill("outright=1"));
  expect(http.error("server", "first-secret second-secret").message).toBe("[toy] [redacted] [redacted]");
});

test("what the server says beside its status is in the error, and its code goes over that of the status", async () => {
  const server = await startAnswering(answer("no credit", { status: 400 }));
  const http = createClient(server);

  const noted = await failureOf(
    http({ path: "/", recognise: ({ body }) => ({ code: "payment", words: `"${body}"` }) }),
  );
  const silent = await failureOf(http({ path: "/", recognise: () => ({}) }));

  expect(noted).toMatchObject({
    code: "payment",
    status: 400,
    message: '[toy] GET / answered 400, saying "no credit"',
  });
  expect(silent).toMatchObject({ code: "bad-request", message: "[toy] GET / answered 400" });
});

test("once all connections have ended, an instance keeps nothing of them and goes on", async () => {
  const server = await startAnswering(answer("{}", { headers: { connection: "close" } }));
  const http = createClient(server);
  const ask = async (): Promise<unknown> => (await http({ path: "/" })).json();
  const before = queryObjects(Client, { format: "count" });

  await Promise.all(Array.from({ length: 20 }, ask));
  await vi.waitFor(() => expect(queryObjects(Client, { format: "count" })).toBeLessThan(before + 5));

  expect(await ask()).toEqual({});
  await http.close();
});

test("secrets that come and go do not fill the memory", () => {
  const http = createHttpClient({ provider: "toy", origin: "https://toy.example" }, { proxy: false });

  for (let count = 0; count < 200; count++) http.addSecret(`secret-${count}-end`);

  expect(http.error("server", "secret-199-end").message).toBe("[toy] [redacted]");
  expect(http.error("server", "secret-0-end").message).toBe("[toy] secret-0-end");
});

test("an instance under another id puts that at the front of its errors", async () => {
  const server = await startAnswering(answer("", { status: 500 }));

  const error = await failureOf(createClient(server, { id: "mine" })({ path: "/" }));

  expect(error.provider).toBe("mine");
});

test("headers may depend on the base URL", async () => {
  const server = await startAnswering(OK);
  const http = createHttpClient(
    { provider: "toy", origin: "https://toy.example", headers: (baseURL) => ({ referer: `${baseURL}/en` }) },
    { baseURL: server.origin, proxy: false },
  );

  await http({ path: "/" });
  await http.close();

  expect(server.requests[0]?.headers["referer"]).toBe(`${server.origin}/en`);
});

test("a closed client makes no further call", async () => {
  const server = await startAnswering(OK);
  const http = createClient(server);
  await (await http({ path: "/" })).json();

  await http.close();

  expect((await failureOf(http({ path: "/" }))).code).toBe("config");
  expect(server.requests).toHaveLength(1);
});

test("a path that is asked again has the query of its own request", async () => {
  const server = await startAnswering(OK);
  const http = createClient(server);

  for (const query of [undefined, { a: "1" }, undefined, { a: "2" }]) {
    await (await http({ path: "/x", query })).json();
  }

  expect(server.requests.map(({ path }) => path)).toEqual(["/x", "/x?a=1", "/x", "/x?a=2"]);
});

test("importing core and making a client loads nothing of the network, and asking loads not all of undici", async () => {
  const server = await startAnswering(OK);
  const program = `
    const { createHttpClient } = await import(process.argv[1]);
    const http = createHttpClient({ provider: "toy", origin: process.argv[2] }, { proxy: false });
    const isLoaded = () => process.moduleLoadList.includes("NativeModule net");
    const before = isLoaded();
    await (await http({ path: "/" })).json();
    console.log(before, isLoaded(), globalThis[Symbol.for("undici.globalDispatcher.1")] !== undefined);
    await http.close();
  `;
  const built = new URL("../../../dist/provider.js", import.meta.url).href;

  const { stdout } = await run(process.execPath, [
    "--input-type=module",
    "-e",
    program,
    built,
    server.origin,
  ]);

  expect(stdout.trim()).toBe("false true false");
});
