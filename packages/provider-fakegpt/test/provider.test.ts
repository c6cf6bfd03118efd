import { ChatError, type ChatRequest, chat, type StreamPart } from "@fallthrough/core";
import {
  type FaultScript,
  httpResponse,
  startFaultServer,
  startUpstreams,
  type Upstreams,
} from "@fallthrough/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakegpt } from "../src/index.ts";

const QUESTION = "Who opened the box?";
const CONVERSATION = "/api/conversation";
const LOGIN = ["/api/loads", "/auth/login", "/api/auth/session"];
const request: ChatRequest = { messages: [{ role: "user", content: QUESTION }] };

let upstreams: Upstreams;
let baseURL: string;

beforeEach(async () => {
  upstreams = await startUpstreams({ pieceMs: 5 });
  baseURL = upstreams.fakegpt.baseURL;
});
afterEach(() => upstreams.close());

test("the answer streams, and nothing of it comes twice", async () => {
  upstreams.fakegpt.behave("slow");
  let answer = "";

  // #region use
  const fakegpt = createFakegpt({ baseURL });
  const reply = chat(fakegpt, { messages: [{ role: "user", content: "Who opened the box?" }] });
  for await (const text of reply.textStream) answer += text;
  // #endregion

  expect(answer).toBe(upstreams.answerTo(QUESTION));
  expect(await reply.result()).toMatchObject({
    finishReason: "stop",
    model: "text-davinci-002-render-sha",
    warnings: [],
  });
  await fakegpt.close?.();
});

test("what arrives in pieces is given in pieces", async () => {
  upstreams.fakegpt.behave("slow");
  const deltas: StreamPart[] = [];

  for await (const part of chat(createFakegpt({ baseURL }), request)) {
    if (part.type === "text-delta") deltas.push(part);
  }

  expect(deltas.length).toBeGreaterThan(1);
});

test("the conversation is sent as one prompt, with the token of the session", async () => {
  const messages: ChatRequest["messages"] = [{ role: "system", content: "Be brief." }, ...request.messages];

  await chat(createFakegpt({ baseURL }), { messages, model: "gpt-3.5-turbo" }).text();

  expect(sent()).toMatchInlineSnapshot(`
    {
      "body": {
        "action": "next",
        "arkose_token": "",
        "force_paragen": false,
        "history_and_training_disabled": true,
        "messages": [
          {
            "author": {
              "role": "user",
            },
            "content": {
              "content_type": "text",
              "parts": [
                "System: Be brief.
    User: Who opened the box?
    Assistant:",
              ],
            },
            "id": "{uuid}",
            "metadata": {},
          },
        ],
        "model": "text-davinci-002-render-sha",
        "parent_message_id": "{uuid}",
        "plugin_ids": [],
        "suggestions": [],
        "timezone_offset_min": 0,
      },
      "headers": {
        "accept": "text/event-stream",
        "accept-encoding": "gzip, deflate, br",
        "accept-language": "en-US",
        "content-type": "application/json",
        "referer": "{baseURL}/?v=2",
        "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "x-authorization": "Bearer {token}",
      },
      "method": "POST",
      "path": "/api/conversation",
    }
  `);
});

test("every request of the login looks like that of a browser", async () => {
  await chat(createFakegpt({ baseURL }), request).text();

  const heads = upstreams.fakegpt.requests.map(({ headers }) => headers);
  expect(heads).toHaveLength(4);
  for (const headers of heads) {
    expect(headers).toMatchObject({
      "accept-language": "en-US",
      referer: `${baseURL}/?v=2`,
      "user-agent": expect.stringMatching(/^Mozilla/),
    });
  }
});

test("a session is used again, and two instances have two", async () => {
  const provider = createFakegpt({ baseURL });

  await chat(provider, request).text();
  await chat(provider, request).text();
  expect(paths()).toEqual([...LOGIN, CONVERSATION, CONVERSATION]);

  await chat(createFakegpt({ baseURL }), request).text();
  expect(paths().slice(5)).toEqual([...LOGIN, CONVERSATION]);
});

test("calls at the same time share one login", async () => {
  const provider = createFakegpt({ baseURL });

  const answers = await Promise.all(
    ["One?", "Two?", "Three?"].map((content) =>
      chat(provider, { messages: [{ role: "user", content }] }).text(),
    ),
  );

  expect(answers).toEqual(["One?", "Two?", "Three?"].map((question) => upstreams.answerTo(question)));
  expect(paths().filter((path) => path === "/auth/login")).toHaveLength(1);
});

test("a session that the server has forgotten is renewed once", async () => {
  const provider = createFakegpt({ baseURL });
  await chat(provider, request).text();
  upstreams.fakegpt.behave("expired-token");

  const text = await chat(provider, request).text();

  expect(text).toBe(upstreams.answerTo(QUESTION));
  expect(paths().slice(4)).toEqual([CONVERSATION, ...LOGIN, CONVERSATION]);
});

test.each([
  ["challenge", { code: "blocked", scope: "origin", phase: "preamble" }],
  ["rate-limit", { code: "rate-limit", status: 429 }],
  ["server-error", { code: "server", status: 500 }],
  ["empty", { code: "empty" }],
] as const)("the behaviour %s of the site is told as what it is", async (behaviour, expected) => {
  const provider = createFakegpt({ baseURL });
  await chat(provider, request).text();
  upstreams.fakegpt.behave(behaviour);

  const failure = await failureOf(chat(provider, request).result());

  expect(failure).toMatchObject({
    provider: "fakegpt",
    model: "text-davinci-002-render-sha",
    ...expected,
  });
  expect(paths().slice(4)).toEqual([CONVERSATION]);
});

test("a block page in the place of the login is told as such", async () => {
  upstreams.fakegpt.behave("challenge");

  const failure = await failureOf(chat(createFakegpt({ baseURL }), request).result());

  expect(failure.code).toBe("blocked");
  expect(paths()).toEqual(["/api/loads"]);
});

test("a connection that is cut in the middle leaves what had arrived, and no success", async () => {
  upstreams.fakegpt.behave("cut");

  const failure = await failureOf(chat(createFakegpt({ baseURL }), request).result());

  expect(failure).toMatchObject({ code: "interrupted", phase: "committed" });
  expect(upstreams.answerTo(QUESTION).startsWith(failure.partial?.text ?? "none")).toBe(true);
});

test("the options of the site go into the body, and an unknown one is a warning", async () => {
  const { warnings } = await chat(createFakegpt({ baseURL }), {
    ...request,
    temperature: 1,
    providerOptions: { fakegpt: { timezoneOffsetMin: -120, historyAndTrainingDisabled: false, plugins: [] } },
  }).result();

  expect(lastBody()).toMatchObject({ timezone_offset_min: -120, history_and_training_disabled: false });
  expect(warnings.map(({ message }) => message.match(/temperature|plugins/)?.[0])).toEqual([
    "temperature",
    "plugins",
  ]);
});

test("a server of one's own with models of its own gets the name of the model", async () => {
  const provider = createFakegpt({
    baseURL,
    models: [{ id: "gpt-4" }, { id: "text-davinci-002-render-sha" }],
  });

  await chat(provider, { ...request, model: "text-davinci-002-render-sha" }).text();

  expect(lastBody()).toMatchObject({ model: "text-davinci-002-render-sha" });
});

test("an aborted call rejects with the caller's reason", async () => {
  const provider = createFakegpt({ baseURL });
  const controller = new AbortController();
  const reason = new Error("the caller left");
  await chat(provider, request).text();
  upstreams.fakegpt.behave("silent");

  const reply = chat(provider, { ...request, signal: controller.signal }).result();
  await expect.poll(() => paths().length).toBe(5);
  controller.abort(reason);

  await expect(reply).rejects.toBe(reason);
  await expect.poll(() => upstreams.fakegpt.requests.at(-1)?.aborted).toBe(true);
});

function paths(): readonly string[] {
  return upstreams.fakegpt.requests.map(({ path }) => path.replace(/\?.*/, ""));
}

function lastBody(): unknown {
  return JSON.parse(upstreams.fakegpt.requests.at(-1)?.body ?? "");
}

/** The last request, without what changes with the run. */
function sent(): unknown {
  const { method, path, headers, body } = upstreams.fakegpt.requests.at(-1) ?? { body: "" };
  const { host, connection, cookie, "content-length": length, ...fixed } = headers ?? {};
  const named = Object.entries(fixed).map(([name, value]) => [name, mask(value)]);
  return { method, path, headers: Object.fromEntries(named), body: JSON.parse(mask(body)) };
}

function mask(text: string): string {
  return text
    .replaceAll(baseURL, "{baseURL}")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "{uuid}")
    .replace(/(?<=^Bearer ).*/, "{token}");
}

async function failureOf(result: Promise<unknown>): Promise<ChatError> {
  const failure: unknown = await result.catch((error: unknown) => error);
  if (failure instanceof ChatError) return failure;
  throw failure;
}

/** What a server sends in the place of each step of a login, and then in the place of an answer. */
const LOGGED_IN = [
  exchange({ body: JSON.stringify({ loads: [{ token_id: "a", count: 1 }] }) }),
  exchange({ headers: { "set-cookie": "credential=abc; Path=/" }, body: "{}" }),
  exchange({ body: JSON.stringify({ accessToken: "token-of-the-session" }) }),
];

function exchange({ headers, ...answer }: Parameters<typeof httpResponse>[0]): FaultScript {
  const head = { "content-type": "application/json", connection: "close", ...headers };
  return [{ read: "request" }, { send: httpResponse({ ...answer, headers: head }) }];
}

test("services.md §2, §3: a refusal is told with the server's own words, and when to come back", async () => {
  const body = JSON.stringify({ detail: "Too many requests in 1 hour." });
  const server = await startFaultServer([
    ...LOGGED_IN,
    exchange({ status: 429, headers: { "retry-after": "9" }, body }),
  ]);

  const failure = await failureOf(chat(createFakegpt({ baseURL: server.origin }), request).result());
  await server.close();

  expect(failure).toMatchObject({ code: "rate-limit", status: 429, retryAfterMs: 9_000 });
  expect(failure.message).toContain('saying "Too many requests in 1 hour."');
});

test("the end of an answer has the id of the request that brought it, and no cookie", async () => {
  const message = {
    id: "m",
    author: { role: "assistant" },
    content: { content_type: "text", parts: ["Pandora."] },
    status: "finished_successfully",
    end_turn: true,
    metadata: { message_type: "next" },
    recipient: "all",
  };
  const headers = {
    "content-type": "text/event-stream",
    "x-request-id": "req_1",
    "set-cookie": "session=private",
  };
  const body = `data: ${JSON.stringify({ message, conversation_id: "c", error: null })}\n\ndata: [DONE]\n\n`;
  const server = await startFaultServer([...LOGGED_IN, exchange({ headers, body })]);

  const parts: StreamPart[] = [];
  for await (const part of chat(createFakegpt({ baseURL: server.origin }), request)) parts.push(part);
  await server.close();

  expect(parts.at(-1)).toMatchObject({ response: { id: "req_1", headers: { "x-request-id": "req_1" } } });
  expect(JSON.stringify(parts)).not.toContain("private");
});
