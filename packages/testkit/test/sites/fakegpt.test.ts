import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Upstream } from "../../src/upstream.ts";
import { eventsOf, runSites } from "../site-run.ts";

interface Loads {
  readonly loads: readonly { readonly token_id: string; readonly count: number }[];
}

function question(): Readonly<Record<string, unknown>> {
  return {
    action: "next",
    messages: [
      {
        id: randomUUID(),
        author: { role: "user" },
        content: { content_type: "text", parts: ["how are you?"] },
        metadata: {},
      },
    ],
    parent_message_id: randomUUID(),
    model: "text-davinci-002-render-sha",
    plugin_ids: [],
    timezone_offset_min: -120,
    suggestions: [],
    history_and_training_disabled: true,
    arkose_token: "",
    force_paragen: false,
  };
}

async function login({ baseURL }: Upstream, password: string, token?: string): Promise<string | undefined> {
  const { loads } = (await (await fetch(`${baseURL}/api/loads?t=1700000000`)).json()) as Loads;
  const body = new URLSearchParams({
    token_key: token ?? loads[0]?.token_id ?? "",
    session_password: password,
  });
  const response = await fetch(`${baseURL}/auth/login`, { method: "POST", body });
  expect(response.status).toBe(200);
  return response.headers.get("set-cookie")?.split(";")[0];
}

async function tokenOf({ baseURL }: Upstream, cookie: string): Promise<string | undefined> {
  const response = await fetch(`${baseURL}/api/auth/session`, { headers: { cookie } });
  const { accessToken } = (await response.json()) as { readonly accessToken?: string };
  return accessToken;
}

function converse({ baseURL }: Upstream, token: string, body: unknown = question()): Promise<Response> {
  return fetch(`${baseURL}/api/conversation`, {
    method: "POST",
    headers: {
      accept: "text/event-stream",
      "content-type": "application/json",
      "x-authorization": `Bearer ${token}`,
    },
    body: JSON.stringify(body),
  });
}

async function loggedIn(upstream: Upstream): Promise<string> {
  const cookie = await login(upstream, "abcd1234");
  return (await tokenOf(upstream, cookie ?? "")) ?? "";
}

function textsOf(events: readonly string[], role: string): string[] {
  return events
    .filter((data) => data !== "[DONE]")
    .map((data) => JSON.parse(data).message)
    .filter((message) => message?.author.role === role)
    .map((message) => message.content.parts[0]);
}

test("the loads name tokens, and want to know the time", async () => {
  const { fakegpt } = await runSites();

  const answered = (await (await fetch(`${fakegpt.baseURL}/api/loads?t=1700000000`)).json()) as Loads;

  expect(answered.loads).toHaveLength(2);
  expect((await fetch(`${fakegpt.baseURL}/api/loads`)).status).toBe(404);
});

test("a login with a token and a good password sets the cookie that the session needs", async () => {
  const { fakegpt } = await runSites();

  const cookie = await login(fakegpt, "abcd1234");

  expect(cookie).toMatch(/^credential=/);
  expect(await tokenOf(fakegpt, cookie ?? "")).toMatch(/^[\w-]{32}$/);
  expect(await tokenOf(fakegpt, "credential=other")).toBeUndefined();
  expect(await tokenOf(fakegpt, "")).toBeUndefined();
});

test.each(["abc1234", "abcdefgh", "12345678", ""])(
  "the password %j sets no cookie, with status 200",
  async (password) => {
    const { fakegpt } = await runSites();

    expect(await login(fakegpt, password)).toBeUndefined();
  },
);

test("a token that the loads do not name sets no cookie", async () => {
  const { fakegpt } = await runSites();

  expect(await login(fakegpt, "abcd1234", "other")).toBeUndefined();
});

test("every event holds the whole text so far, once cut inside a surrogate pair", async () => {
  const { fakegpt, answerTo } = await runSites();

  const response = await converse(fakegpt, await loggedIn(fakegpt));
  const events = eventsOf(await response.text());

  const texts = textsOf(events, "assistant");
  const answer = answerTo("how are you?");
  expect(texts.at(-1)).toBe(answer);
  expect(texts.every((text) => answer.startsWith(text))).toBe(true);
  expect(texts.map((text) => text.length)).toEqual([...new Set(texts.map((text) => text.length))]);
  expect(texts.some((text) => text.endsWith("\ud83d"))).toBe(true);
  expect(textsOf(events, "user")).toEqual(["how are you?"]);
});

test("the stream ends with its status, its verdict and its mark", async () => {
  const { fakegpt } = await runSites();

  const events = eventsOf(await (await converse(fakegpt, await loggedIn(fakegpt))).text());

  expect(JSON.parse(events.at(-3) ?? "")).toMatchObject({
    message: { status: "finished_successfully", end_turn: true },
  });
  expect(JSON.parse(events.at(-2) ?? "")).toMatchObject({ is_completion: true });
  expect(events.at(-1)).toBe("[DONE]");
});

test("the credential itself is a token too", async () => {
  const { fakegpt } = await runSites();
  const cookie = await login(fakegpt, "abcd1234");

  expect((await converse(fakegpt, cookie?.split("=")[1] ?? "")).status).toBe(200);
});

test("a token that was not given out is refused as recorded", async () => {
  const { fakegpt } = await runSites();

  const response = await converse(fakegpt, "other");

  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ detail: { code: "token_expired" } });
});

test("an expired token is refused once, and only a new login helps", async () => {
  const { fakegpt } = await runSites();
  const cookie = (await login(fakegpt, "abcd1234")) ?? "";
  const token = (await tokenOf(fakegpt, cookie)) ?? "";
  fakegpt.behave("expired-token");

  const refused = await converse(fakegpt, token);

  expect(refused.status).toBe(401);
  expect(await tokenOf(fakegpt, cookie)).toBeUndefined();
  expect((await converse(fakegpt, await loggedIn(fakegpt))).status).toBe(200);
});

const [message] = question()["messages"] as readonly Readonly<Record<string, unknown>>[];

test.each<[string, Readonly<Record<string, unknown>>]>([
  ["another action", { action: "variant" }],
  ["another model", { model: "gpt-4" }],
  ["no messages", { messages: [] }],
  ["messages that are none", { messages: "hi" }],
  ["a message id that is no UUID", { messages: [{ ...message, id: "1" }] }],
  ["a parent that is no UUID", { parent_message_id: "1" }],
  ["a message of the assistant", { messages: [{ ...message, author: { role: "assistant" } }] }],
  ["a message without an author", { messages: [{ ...message, author: undefined }] }],
  ["a message without text", { messages: [{ ...message, content: { content_type: "text", parts: [] } }] }],
  ["no time zone", { timezone_offset_min: undefined }],
  ["no suggestions", { suggestions: undefined }],
  ["no plugins", { plugin_ids: undefined }],
  ["no say about the history", { history_and_training_disabled: undefined }],
  ["no arkose token", { arkose_token: undefined }],
  ["no paragen", { force_paragen: undefined }],
])("a conversation with %s is refused", async (_name, wrong) => {
  const { fakegpt } = await runSites();

  const response = await converse(fakegpt, await loggedIn(fakegpt), { ...question(), ...wrong });

  expect(response.status).toBe(422);
  expect(await response.json()).toHaveProperty("detail");
});

test("an empty answer ends well and has no text", async () => {
  const { fakegpt } = await runSites();
  const token = await loggedIn(fakegpt);
  fakegpt.behave("empty");

  const events = eventsOf(await (await converse(fakegpt, token)).text());

  expect(textsOf(events, "assistant").join("")).toBe("");
  expect(events.at(-1)).toBe("[DONE]");
});

test("a limit has the recorded detail, and a path that is not there has one too", async () => {
  const { fakegpt } = await runSites();

  const missing = await fetch(`${fakegpt.baseURL}/api/other`);
  fakegpt.behave("rate-limit");
  const limited = await fetch(`${fakegpt.baseURL}/api/loads`);

  expect(missing.status).toBe(404);
  expect(limited.headers.get("retry-after")).toBe("30");
  expect(await limited.json()).toMatchObject({
    detail: expect.stringContaining("Only one message at a time"),
  });
});
