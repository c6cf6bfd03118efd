import { ChatError, type ChatRequest, chat, type StreamPart } from "@fallthrough/core";
import { httpResponse, startFaultServer, startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPizzagpt } from "../src/index.ts";

const QUESTION = "Which oven is the hottest?";
const request: ChatRequest = { messages: [{ role: "user", content: QUESTION }] };

let upstreams: Upstreams;
let baseURL: string;

beforeEach(async () => {
  upstreams = await startUpstreams({ pizzagpt: { secret: "Marinara" } });
  baseURL = upstreams.pizzagpt.baseURL;
});
afterEach(() => upstreams.close());

test("the answer is one delta, and the model that the site decides on stands in the route", async () => {
  const parts: StreamPart[] = [];

  // #region use
  const pizzagpt = createPizzagpt({ baseURL });
  const reply = chat(pizzagpt, { messages: [{ role: "user", content: "Which oven is the hottest?" }] });
  for await (const part of reply) parts.push(part);
  // #endregion

  expect(parts).toEqual([
    { type: "text-delta", delta: upstreams.answerTo(QUESTION) },
    { type: "finish", finishReason: "stop", route: expect.anything(), response: expect.anything() },
  ]);
  expect(reply.route).toMatchObject({ provider: "pizzagpt", model: "gpt-4o-mini" });
  await pizzagpt.close?.();
});

test("the newest client's body and headers are sent", async () => {
  const messages: ChatRequest["messages"] = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hello" },
    { role: "assistant", content: "Ciao!" },
    { role: "user", content: [{ type: "text", text: QUESTION }] },
  ];

  await chat(createPizzagpt({ baseURL, secret: "Marinara" }), { messages }).text();

  expect(sent()).toMatchInlineSnapshot(`
    {
      "body": {
        "chat": [
          {
            "sender": "user",
            "studyMode": false,
            "text": "Be brief.",
          },
          {
            "sender": "user",
            "studyMode": false,
            "text": "Hello",
          },
          {
            "sender": "assistant",
            "studyMode": false,
            "text": "Ciao!",
          },
          {
            "sender": "user",
            "studyMode": false,
            "text": "Which oven is the hottest?",
          },
        ],
        "question": "Which oven is the hottest?",
        "searchEnabled": false,
        "studyMode": false,
      },
      "headers": {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate, br",
        "accept-language": "en-US,en;q=0.9",
        "content-type": "application/json",
        "origin": "{baseURL}",
        "referer": "{baseURL}/en",
        "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "x-secret": "Marinara",
      },
      "method": "POST",
      "path": "/api/chatx-completion",
    }
  `);
});

test("the older client's body is the flattened prompt", async () => {
  const provider = createPizzagpt({ baseURL, body: "classic" });

  const text = await chat(provider, {
    messages: [{ role: "system", content: "Be brief." }, ...request.messages],
  }).text();

  expect(text).toBe(upstreams.answerTo(QUESTION));
  expect(lastBody()).toEqual({ question: `System: Be brief.\nUser: ${QUESTION}\nAssistant:` });
});

test("a secret that is refused is exchanged for the other known one, and the instance remembers it", async () => {
  const provider = createPizzagpt({ baseURL });

  await chat(provider, request).text();
  await chat(provider, request).text();

  expect(secrets()).toEqual(["Diavola", "Marinara", "Marinara"]);
});

test("a secret of one's own is tried before the known ones", async () => {
  await chat(createPizzagpt({ baseURL, secret: "Capricciosa" }), request).text();

  expect(secrets()).toEqual(["Capricciosa", "Diavola", "Marinara"]);
});

test("a site that refuses every secret is an auth error after one round", async () => {
  const changed = await startUpstreams({ pizzagpt: { secret: "Quattro Stagioni" } });

  const failure = await failureOf({ baseURL: changed.pizzagpt.baseURL });
  await changed.close();

  expect(failure).toMatchObject({ code: "auth", status: 401, scope: "key", provider: "pizzagpt" });
  expect(changed.pizzagpt.requests).toHaveLength(2);
});

test.each([
  ["abuse", { code: "abuse", scope: "provider" }],
  ["empty", { code: "empty" }],
  ["challenge", { code: "blocked", scope: "origin" }],
  ["rate-limit", { code: "rate-limit", status: 429, retryAfterMs: expect.any(Number) }],
  ["server-error", { code: "server", status: 500 }],
  ["cut", { code: "interrupted" }],
] as const)("the behaviour %s of the site is told as what it is", async (behaviour, expected) => {
  upstreams.pizzagpt.behave(behaviour);

  const failure = await failureOf({ baseURL, secret: "Marinara" });

  expect(failure).toMatchObject({ provider: "pizzagpt", model: "gpt-4o-mini", ...expected });
  expect(upstreams.pizzagpt.requests).toHaveLength(1);
});

test("the switches of the site go into the body, and its citations become sources", async () => {
  const providerOptions = { pizzagpt: { searchEnabled: true, studyMode: true } };

  const { sources, warnings } = await chat(createPizzagpt({ baseURL }), {
    ...request,
    providerOptions,
  }).result();

  expect(lastBody()).toMatchObject({ searchEnabled: true, studyMode: true, chat: [{ studyMode: true }] });
  expect(sources).toEqual([{ title: "Pizza", url: "https://en.wikipedia.org/wiki/Pizza" }]);
  expect(warnings).toEqual([]);
});

test("a wish, an option and a model that the site does not take are warnings", async () => {
  const { text, warnings } = await chat(createPizzagpt({ baseURL, body: "classic" }), {
    ...request,
    model: "gpt-5",
    temperature: 0,
    providerOptions: { pizzagpt: { searchEnabled: true }, other: { unread: true } },
  }).result();

  expect(text).toBe(upstreams.answerTo(QUESTION));
  expect(
    warnings.map(({ message }) => message.match(/gpt-5|temperature|searchEnabled|"other"/)?.[0]),
  ).toEqual(["gpt-5", '"other"', "temperature", "searchEnabled"]);
});

test("an aborted call rejects with the caller's reason and closes its socket", async () => {
  upstreams.pizzagpt.behave("silent");
  const controller = new AbortController();
  const reason = new Error("the caller left");

  const reply = chat(createPizzagpt({ baseURL }), { ...request, signal: controller.signal }).result();
  await expect.poll(() => upstreams.pizzagpt.requests.length).toBe(1);
  controller.abort(reason);

  await expect(reply).rejects.toBe(reason);
  await expect.poll(() => upstreams.pizzagpt.openSockets()).toBe(0);
});

function secrets(): readonly (string | undefined)[] {
  return upstreams.pizzagpt.requests.map(({ headers }) => headers["x-secret"]);
}

function lastBody(): unknown {
  return JSON.parse(upstreams.pizzagpt.requests.at(-1)?.body ?? "");
}

/** The last request, without what changes with the run. */
function sent(): unknown {
  const { method, path, headers } = upstreams.pizzagpt.requests.at(-1) ?? {};
  const { host, connection, "content-length": length, ...fixed } = headers ?? {};
  const named = Object.entries(fixed).map(([name, value]) => [name, value.replace(baseURL, "{baseURL}")]);
  return { method, path, headers: Object.fromEntries(named), body: lastBody() };
}

async function failureOf(settings: Parameters<typeof createPizzagpt>[0]): Promise<ChatError> {
  const failure: unknown = await chat(createPizzagpt(settings), request)
    .result()
    .catch((error: unknown) => error);
  if (failure instanceof ChatError) return failure;
  throw failure;
}

test.each([
  ["message", { statusCode: 429, message: "One slice\n at a time" }],
  ["statusMessage", { statusCode: 429, statusMessage: "One slice at a time" }],
])(
  "services.md §2, §3: a refusal is told with the site's own words in `%s`, and when to come back",
  async (_, body) => {
    const headers = { "content-type": "application/json", "retry-after": "7" };
    const server = await startFaultServer([
      [{ read: "request" }, { send: httpResponse({ status: 429, headers, body: JSON.stringify(body) }) }],
    ]);

    const failure = await chat(createPizzagpt({ baseURL: server.origin }), request)
      .text()
      .catch((error: unknown) => error);
    await server.close();

    expect(failure).toMatchObject({ code: "rate-limit", status: 429, retryAfterMs: 7_000 });
    expect((failure as Error).message).toContain('saying "One slice at a time"');
  },
);

test("the end of an answer has the id of the request and its headers", async () => {
  const headers = {
    "content-type": "application/json",
    "x-request-id": "req_1",
    "set-cookie": "session=private",
  };
  const server = await startFaultServer([
    [{ read: "request" }, { send: httpResponse({ headers, body: JSON.stringify({ content: "Ciao!" }) }) }],
  ]);
  const parts = [];
  for await (const part of chat(createPizzagpt({ baseURL: server.origin }), request)) parts.push(part);
  await server.close();

  expect(parts.at(-1)).toMatchObject({ response: { id: "req_1", headers: { "x-request-id": "req_1" } } });
  expect(JSON.stringify(parts)).not.toContain("private");
});
