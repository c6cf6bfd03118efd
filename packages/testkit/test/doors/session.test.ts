import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ChatProvider, chat } from "@fallthrough/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSessionProvider } from "./session.ts";

const messages = [{ role: "user" as const, content: "Hello" }];

let logins: string[];
let expiresIn: number;
let refused: string[];
let answer: object;
let provider: ChatProvider;

const server = createServer((request, response) => {
  const send = (status: number, body: object) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (request.url === "/login") {
    logins.push(`token-number-${logins.length + 1}`);
    return send(200, { token: logins.at(-1), expiresIn });
  }
  const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
  if (refused.includes(token)) return send(401, { failure: `${token} is not known` });
  send(200, answer);
});

beforeEach(async () => {
  logins = [];
  expiresIn = 60;
  refused = [];
  answer = { said: "Hello yourself" };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  provider = createSessionProvider({ baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
afterEach(async () => {
  await provider.close?.();
  server.close();
});

test("calls at the same time share one login, and later ones use its token", async () => {
  const answers = await Promise.all([1, 2, 3].map(() => chat(provider, { messages }).text()));
  await chat(provider, { messages }).text();

  expect(answers).toEqual(["Hello yourself", "Hello yourself", "Hello yourself"]);
  expect(logins).toHaveLength(1);
});

test("a token that has expired is replaced before it is used", async () => {
  expiresIn = 0;

  await chat(provider, { messages }).text();
  await chat(provider, { messages }).text();

  expect(logins).toHaveLength(2);
});

test("a token that is refused before its time is replaced once, in the same call", async () => {
  refused = ["token-number-1"];

  expect(await chat(provider, { messages }).text()).toBe("Hello yourself");
  expect(logins).toHaveLength(2);
});

test("a second refusal is `auth`, and its error does not show the token", async () => {
  refused = ["token-number-1", "token-number-2"];

  const error = await chat(provider, { messages })
    .text()
    .catch((reason: unknown) => reason);

  expect(error).toMatchObject({ code: "auth", provider: "session" });
  expect(String(error)).not.toContain("token-number");
  expect(logins).toHaveLength(2);
});

test("a failure inside of a success has the code and the time that the server told", async () => {
  answer = { failure: "busy", retryAfter: 30 };

  await expect(chat(provider, { messages }).text()).rejects.toMatchObject({
    code: "rate-limit",
    provider: "session",
    retryAfterMs: 30_000,
  });
});
