import { createHttpClient, type HttpClient } from "@fallthrough/core/provider";
import { httpResponse, type SocketServer } from "@fallthrough/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPassword, createSession } from "../src/session.ts";
import { json, type Route, startPandora } from "./pandora.ts";

let server: SocketServer;
let http: HttpClient;

beforeEach(() => start({}));
afterEach(stop);

test("a session logs in once and is used until it is dropped", async () => {
  const session = createSession(http);

  expect(await session.accessToken(undefined)).toBe("access-a");
  expect(await session.accessToken(undefined)).toBe("access-a");
  session.drop("another token");
  await session.accessToken(undefined);
  expect(paths()).toEqual(["/api/loads", "/auth/login", "/api/auth/session"]);

  session.drop("access-a");
  await session.accessToken(undefined);
  expect(logins()).toHaveLength(2);
});

test("the login sends the token that is used least, a strong password and then its cookie", async () => {
  const loads = [
    { token_id: "busy", count: 9 },
    { token_id: "idle", count: 1 },
  ];
  await restart({ "/api/loads": () => json({ loads }) });

  await createSession(http).accessToken(undefined);

  const [load, login, session] = server.requests;
  expect(load?.path).toMatch(/^\/api\/loads\?t=\d{10}$/);
  expect(new URLSearchParams(login?.body).get("token_key")).toBe("idle");
  expect(new URLSearchParams(login?.body).get("session_password")).toMatch(/^[a-z0-9]{16}$/);
  expect(session?.headers["cookie"]).toBe("credential=credential-a");
});

test("every password has letters and digits", () => {
  const passwords = Array.from({ length: 1000 }, createPassword);

  expect(passwords.filter((password) => !/^(?=.*[a-z])(?=.*\d)[a-z\d]{16}$/.test(password))).toEqual([]);
  expect(new Set(passwords).size).toBe(1000);
});

test.each([
  ["status 200 without a cookie", () => json({ code: 1 })],
  ["a page that says so", () => page(200, "<!doctype html><p>wrong password")],
  ["a redirect without a cookie", () => httpResponse({ status: 302, headers: { location: "/auth/login" } })],
  ["status 401", () => json({ detail: "no" }, {}, 401)],
  ["status 500", () => json({ detail: "no" }, {}, 500)],
])("a login refused with %s is tried with the next token", async (_, refuse) => {
  const loads = [{ token_id: "bad" }, { token_id: "good", count: 1 }];
  await restart({
    "/api/loads": () => json({ loads }),
    "/auth/login": ({ body }) =>
      body.includes("token_key=bad") ? refuse() : json({}, { "set-cookie": "a=1, credential=c; Path=/" }),
  });

  expect(await createSession(http).accessToken(undefined)).toBe("access-a");
  expect(logins()).toHaveLength(2);
});

test("no more than three tokens are tried", async () => {
  const loads = ["a", "b", "c", "d"].map((token_id) => ({ token_id, count: 0 }));
  await restart({ "/api/loads": () => json({ loads }), "/auth/login": () => json({}) });

  await expect(createSession(http).accessToken(undefined)).rejects.toMatchObject({ code: "auth" });
  expect(logins()).toHaveLength(3);
});

test.each([
  ["blocked", () => page(403, "<!doctype html>")],
  ["rate-limit", () => json({}, {}, 429)],
])("a login that is %s is not tried with another token", async (code, refuse) => {
  const loads = ["a", "b"].map((token_id) => ({ token_id, count: 0 }));
  await restart({ "/api/loads": () => json({ loads }), "/auth/login": refuse });

  await expect(createSession(http).accessToken(undefined)).rejects.toMatchObject({ code });
  expect(logins()).toHaveLength(1);
});

test("a login that ends in a redirect with the cookie has worked", async () => {
  const headers = { location: "/", "set-cookie": "credential=c; Path=/; HttpOnly" };
  await restart({ "/auth/login": () => httpResponse({ status: 302, headers }) });

  expect(await createSession(http).accessToken(undefined)).toBe("access-a");
  expect(paths()).toEqual(["/api/loads", "/auth/login", "/api/auth/session"]);
});

test.each([
  ["no access token", {}],
  ["null", { accessToken: null }],
  ["a token that no header can carry", { accessToken: "a\r\nb: c" }],
  ["a token longer than a head", { accessToken: "a".repeat(20_000) }],
])("a session with %s falls back to the credential", async (_, session) => {
  await restart({ "/api/auth/session": () => json(session) });

  expect(await createSession(http).accessToken(undefined)).toBe("credential-a");
});

test("a session whose time has passed is logged in anew", async () => {
  await restart({ "/api/auth/session": () => json({ accessToken: "a", expires: "2020-01-01T00:00:00Z" }) });
  const session = createSession(http);

  await session.accessToken(undefined);
  await session.accessToken(undefined);

  expect(logins()).toHaveLength(2);
});

test("neither the token nor the credential stands in an error", async () => {
  await createSession(http).accessToken(undefined);

  const { message } = http.error("server", "answered access-a and credential-a");

  expect(message).not.toMatch(/access-a|credential-a/);
});

test("a login that is under way when the provider is closed fails, and nothing is asked again", async () => {
  await restart({ "/api/auth/session": () => undefined });
  const token = createSession(http).accessToken(undefined);
  await expect.poll(() => server.requests.length).toBe(3);

  await http.close();

  await expect(token).rejects.toMatchObject({ code: "config" });
  expect(server.requests).toHaveLength(3);
});

test("callers share a login, and one that leaves does not end it for the other", async () => {
  await restart({ "/api/auth/session": () => undefined });
  const session = createSession(http);
  const leaver = new AbortController();
  const left = session.accessToken(leaver.signal);
  const stayer = new AbortController();
  const stayed = session.accessToken(stayer.signal);
  await expect.poll(() => server.requests.length).toBe(3);

  leaver.abort("gone");
  await expect(left).rejects.toBe("gone");
  const another = session.accessToken(undefined);
  stayer.abort("gone too");
  await expect(stayed).rejects.toBe("gone too");
  expect(logins()).toHaveLength(1);

  await http.close();
  await expect(another).rejects.toMatchObject({ code: "config" });
});

test("a login that nobody waits for any more is given up, and the next call starts another", async () => {
  let answer = false;
  await restart({ "/api/auth/session": () => (answer ? json({ accessToken: "a" }) : undefined) });
  const session = createSession(http);
  const caller = new AbortController();
  const left = session.accessToken(caller.signal);
  await expect.poll(() => server.requests.length).toBe(3);

  caller.abort("gone");
  await expect(left).rejects.toBe("gone");
  answer = true;

  expect(await session.accessToken(undefined)).toBe("a");
  expect(logins()).toHaveLength(2);
});

async function start(routes: Readonly<Record<string, Route>>): Promise<void> {
  server = await startPandora(routes);
  http = createHttpClient({ provider: "fakegpt", origin: server.origin });
}

async function stop(): Promise<void> {
  await http.close();
  await server.close();
}

async function restart(routes: Readonly<Record<string, Route>>): Promise<void> {
  await stop();
  await start(routes);
}

function paths(): readonly string[] {
  return server.requests.map(({ path }) => path.replace(/\?.*/, ""));
}

function logins(): readonly string[] {
  return paths().filter((path) => path === "/auth/login");
}

function page(status: number, body: string): Uint8Array {
  return httpResponse({ status, headers: { "content-type": "text/html" }, body });
}
