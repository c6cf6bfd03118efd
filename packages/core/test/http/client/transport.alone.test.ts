import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";
import { getGlobalDispatcher, MockAgent } from "undici";
import { afterEach, expect, test, vi } from "vitest";
import type { ChatError } from "../../../src/errors/chat-error.ts";
import type { HttpClient } from "../../../src/http/types.ts";
import { failureOf, reasonOf, until } from "../../providers.ts";
import { startHttpProxy, startSocksProxy } from "../../proxies.ts";
import { answer, createClient, startAnswering, startServer, startSockets } from "../../servers.ts";

const run = promisify(execFile);
const OK = answer("{}");

afterEach(() => void vi.unstubAllEnvs());

test("a proxy carries every request, page fetches included", async () => {
  const server = await startAnswering(OK);
  const proxy = await startHttpProxy();
  const http = createClient(server, { proxy: proxy.origin });

  await (await http({ path: "/page", followRedirects: true })).text();
  await post(http);

  expect(server.requests.map(({ path }) => path)).toEqual(["/page", "/"]);
  expect(new Set(proxy.asked)).toEqual(new Set([`127.0.0.1:${server.port}`]));
});

test.each([
  ["user and password", "us%40er:p%3Ass@", "us@er:p:ss"],
  ["a user alone", "user@", "user:"],
])("a proxy gets %s", async (_, credentials, expected) => {
  const server = await startAnswering(OK);
  const proxy = await startHttpProxy();

  await post(createClient(server, { proxy: `http://${credentials}127.0.0.1:${proxy.port}` }));

  const basic = `Basic ${Buffer.from(expected).toString("base64")}`;
  expect(proxy.asked).toEqual([`127.0.0.1:${server.port} ${basic}`]);
  expect(server.requests[0]?.headers).not.toHaveProperty("proxy-authorization");
});

test("a SOCKS proxy carries a request, with and without credentials", async () => {
  const server = await startAnswering(OK);
  const proxy = await startSocksProxy();
  const locked = await startSocksProxy({ user: "us@er", password: "p:ss" });

  await post(createClient(server, { proxy: `socks5://127.0.0.1:${proxy.port}` }));
  await post(createClient(server, { proxy: `socks5://us%40er:p%3Ass@127.0.0.1:${locked.port}` }));

  expect([proxy.asked, locked.asked]).toEqual([[`127.0.0.1:${server.port}`], [`127.0.0.1:${server.port}`]]);
});

test("the proxy of the environment is used unless the setting says otherwise", async () => {
  const server = await startAnswering(OK);
  const proxy = await startHttpProxy();
  vi.stubEnv("HTTP_PROXY", proxy.origin);
  vi.stubEnv("http_proxy", undefined);

  // this machine by an address that is not loopback
  const elsewhere = { baseURL: `http://0.0.0.0:${server.port}`, insecureHttp: true };
  await post(createClient(server, { ...elsewhere, proxy: undefined }));
  await post(createClient(server, { ...elsewhere, proxy: false }));
  await post(createClient(server, { proxy: undefined }));
  vi.stubEnv("NO_PROXY", "0.0.0.0");
  vi.stubEnv("no_proxy", undefined);
  await post(createClient(server, { ...elsewhere, proxy: undefined }));

  expect(proxy.asked).toHaveLength(1);
  expect(server.requests).toHaveLength(4);
});

test.each([
  ["refuses the credentials", () => startHttpProxy(407), "http"],
  ["refuses the target", () => startHttpProxy(502), "http"],
  ["refuses the connection", () => Promise.resolve({ port: 1 }), "http"],
  ["is no SOCKS proxy", () => startSockets((socket) => socket.write("HTTP/1.1 400 No\r\n\r\n")), "socks5"],
  ["hangs up", () => startSockets((socket) => socket.end()), "socks5"],
  ["refuses the SOCKS credentials", () => startSocksProxy({ user: "other", password: "other" }), "socks5"],
  ["refuses the SOCKS connection", () => Promise.resolve({ port: 1 }), "socks5"],
])("a proxy that %s is a network failure without its credentials", async (_, start, scheme) => {
  const server = await startAnswering(OK);
  const { port } = await start();
  const http = createClient(server, { proxy: `${scheme}://the-user:the-password@127.0.0.1:${port}` });

  const error = await failureOf(post(http));

  expect(error).toMatchObject({ code: "network", phase: "connect" });
  expectNoCredentials(error);
  expect(server.connections).toBe(0);
});

test.each([
  ["http", "never answers"],
  ["socks5", "never answers"],
  ["https", "never shakes hands"],
])("an abort ends a call whose %s proxy %s, and the connection to it", async (scheme) => {
  const server = await startAnswering(OK);
  const proxy = await startSockets((socket) => socket.resume());
  const http = createClient(server, { proxy: `${scheme}://127.0.0.1:${proxy.port}` });
  await failureOf(createClient(await startAnswering(answer("", { status: 500 })))({ path: "/" }));
  const controller = new AbortController();
  const timers = countTimers();
  const reading = reasonOf(http({ path: "/", signal: controller.signal }));
  await until(() => proxy.open === 1);
  // the handshake with the proxy has to begin, and the proxy cannot see how far the client is
  await new Promise((resolve) => setTimeout(resolve, 10));
  const aborted = performance.now();

  controller.abort("gone");

  expect(await reading).toBe("gone");
  expect(performance.now() - aborted).toBeLessThan(50);
  await until(() => proxy.open === 0);
  expect(countTimers()).toBeLessThanOrEqual(timers);
  expect(proxy.connections).toBe(1);
});

test("the connect timer ends a call whose proxy hangs", async () => {
  const server = await startAnswering(OK);
  for (const scheme of ["http", "socks5"]) {
    const proxy = await startSockets((socket) => socket.resume());
    const http = createClient(server, {
      proxy: `${scheme}://127.0.0.1:${proxy.port}`,
      timeouts: { connectMs: 30 },
    });

    expect(await failureOf(post(http))).toMatchObject({ code: "timeout", phase: "connect" });
    await until(() => proxy.open === 0);
  }
});

test("a proxy that hangs up is asked once", async () => {
  const server = await startAnswering(OK);
  for (const scheme of ["http", "socks5"]) {
    const proxy = await startSockets((socket) => socket.once("data", () => socket.end()));
    const http = createClient(server, { proxy: `${scheme}://127.0.0.1:${proxy.port}` });

    expect(await failureOf(post(http))).toMatchObject({ code: "network" });
    await until(() => proxy.open === 0);
    expect(proxy.connections).toBe(1);
  }
});

test.each([
  ["an https proxy", "https", " Basic dXNlcjpwYXNz"],
  ["a SOCKS proxy", "socks5", ""],
])("%s carries a request to an https server", async (_, scheme, credentials) => {
  const server = await startServer(({ socket }) => socket.write(OK), { certificate: "certificate" });
  const proxy =
    scheme === "https"
      ? await startHttpProxy(200, { certificate: "certificate" })
      : await startSocksProxy({ user: "user", password: "pass" });
  const program = `
    const [built, origin, proxy] = process.argv.slice(1);
    const { createHttpClient } = await import(built);
    const http = createHttpClient({ provider: "toy", origin }, { proxy });
    console.log(await (await http({ path: "/" })).text());
    await http.close();
  `;
  const built = new URL("../../../dist/provider.js", import.meta.url).href;
  const authorities = fileURLToPath(new URL("../../fixtures/certificate.pem", import.meta.url));
  const target = `https://localhost:${server.port}`;
  const address = `${scheme}://user:pass@localhost:${proxy.port}`;

  const { stdout, stderr } = await run(
    process.execPath,
    ["--input-type=module", "-e", program, built, target, address],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: authorities } },
  );

  expect(stdout).toBe("{}\n");
  expect(stderr).toBe("");
  expect(proxy.asked).toEqual([`localhost:${server.port}${credentials}`]);
  expect(server.requests).toHaveLength(1);
});

test("the environment cannot turn the verification of certificates off", async () => {
  const server = await startServer(({ socket }) => socket.write(OK), { certificate: "certificate" });
  const program = `
    const [built, origin] = process.argv.slice(1);
    const { createHttpClient } = await import(built);
    const http = createHttpClient({ provider: "toy", origin });
    await http({ path: "/" }).catch(({ code }) => console.log(code));
    await http.close();
  `;
  const built = new URL("../../../dist/provider.js", import.meta.url).href;

  const { stdout } = await run(
    process.execPath,
    ["--input-type=module", "-e", program, built, `https://localhost:${server.port}`],
    { env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0" } },
  );

  expect(stdout).toBe("tls\n");
  expect(server.requests).toHaveLength(0);
});

test("an https proxy that nobody vouches for is a TLS failure", async () => {
  const server = await startAnswering(OK);
  const proxy = await startHttpProxy(200, { certificate: "certificate" });

  const error = await failureOf(post(createClient(server, { proxy: proxy.origin })));

  expect(error.code).toBe("tls");
  expect(proxy.asked).toEqual([]);
});

test("the global dispatcher is not touched", async () => {
  const before = getGlobalDispatcher();

  await post(createClient(await startAnswering(OK)));

  expect(getGlobalDispatcher()).toBe(before);
});

test("a dispatcher of the caller's gets every request, proxy or not, and stays open", async () => {
  const dispatcher = new MockAgent();
  dispatcher.disableNetConnect();
  const pool = dispatcher.get("https://toy.example");
  pool.intercept({ path: "/", method: "POST", body: "{}" }).reply(200, '{"a":1}').times(2);
  pool.intercept({ path: "/busy", method: "GET" }).reply(429, "{}", { headers: { "retry-after": "1" } });
  vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:1");
  const http = createClient({ origin: "https://toy.example" }, { dispatcher, proxy: undefined });

  expect(await post(http)).toEqual({ a: 1 });
  expect(await failureOf(http({ path: "/busy" }))).toMatchObject({ code: "rate-limit", retryAfterMs: 1000 });
  await http.close();

  const another = createClient({ origin: "https://toy.example" }, { dispatcher });
  expect(await post(another)).toEqual({ a: 1 });
  await dispatcher.close();
});

test("closing a client closes its connections and fails what runs", async () => {
  const server = await startAnswering("");
  const http = createClient(server);
  const running = failureOf(post(http));
  await until(() => server.requests.length === 1);

  await http.close();

  expect((await running).code).toBe("config");
  await until(() => server.open === 0);
});

test("two instances share no connection", async () => {
  const server = await startAnswering(OK);

  await post(createClient(server));
  // undici waits for a turn of the event loop before it would use the connection again
  await new Promise((resolve) => setTimeout(resolve, 5));
  await post(createClient(server));

  expect(server.connections).toBe(2);
});

async function post(http: HttpClient): Promise<unknown> {
  return (await http({ method: "POST", path: "/", body: {} })).json();
}

function expectNoCredentials(error: ChatError): void {
  const credentials = Buffer.from("the-user:the-password").toString("base64");
  const shown = `${error.message}${inspect(error, { depth: 9 })}${JSON.stringify([error, error.cause])}`;

  for (const secret of ["the-user", "the-password", credentials]) expect(shown).not.toContain(secret);
}

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
