import { type ChatMessage, chat, type StreamPart } from "@fallthrough/core";
import {
  httpResponse,
  type SocketServer,
  startReplay,
  startUpstreams,
  type Upstreams,
} from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { defineAiPower } from "../src/index.ts";
import {
  type Answers,
  askSite,
  CARD,
  createRecorded,
  recording,
  startSite,
  stepOf,
} from "./recorded/replay-turn.ts";

const QUESTION = "Hello, how are you?";
const messages: ChatMessage[] = [{ role: "user", content: QUESTION }];
const HELLO = "Hello from the fake upstream.";

const CLASSIC: Answers = {
  page: recording("1.9.18", "01-page-home"),
  classic: recording("1.9.18", "08-ok-sse"),
};
const AIPKIT: Answers = {
  page: recording("2.4.71", "001-page-home"),
  nonce: recording("2.4.71", "012-nonce"),
  cache: recording("2.4.71", "020-ok-1-cache"),
  stream: recording("2.4.71", "021-ok-2-stream"),
};

let server: SocketServer | undefined;
let upstreams: Upstreams | undefined;
afterEach(async () => {
  await server?.close();
  await upstreams?.close();
  server = undefined;
  upstreams = undefined;
});

const steps = (): readonly string[] => server?.requests.map(stepOf) ?? [];
const form = (body: string | undefined): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(body));

test("a site description makes a whole provider", async () => {
  upstreams = await startUpstreams();
  const { baseURL } = upstreams.chatgptfree;
  const manifest = { fallthrough: CARD };

  // #region use
  const createExample = defineAiPower({ manifest, origin: "https://example.com", postId: 22 });

  const provider = createExample({ baseURL });
  const answer = await chat(provider, {
    messages: [{ role: "user", content: "Why is the sky blue?" }],
  }).text();
  // #endregion

  expect(answer).toBe(upstreams.answerTo("Why is the sky blue?"));
});

test.each([
  ["classic", "chatgptt"],
  ["AIPKit", "chatgptfree"],
] as const)("a %s site is asked for its page once, however many calls there are", async (_, site) => {
  upstreams = await startUpstreams();
  const provider = createRecorded({ origin: upstreams[site].baseURL });
  const ask = (): Promise<string> => chat(provider, { messages }).text();

  const answers = [...(await Promise.all([ask(), ask(), ask()])), await ask()];

  const expected = upstreams.answerTo(QUESTION);
  expect(answers).toEqual([expected, expected, expected, expected]);
  expect(upstreams[site].requests.filter(({ path }) => path === "/")).toHaveLength(1);
});

test("what the page told is used no longer than allowed", async () => {
  server = await startSite(CLASSIC);
  const provider = createRecorded(server, { pageMaxAgeMs: 0 });

  await chat(provider, { messages }).text();
  await chat(provider, { messages }).text();

  expect(steps()).toEqual(["page", "classic", "page", "classic"]);
});

test.each([
  ["classic", "chatgptt"],
  ["AIPKit", "chatgptfree"],
] as const)("an expired nonce of a %s site is renewed past all caches", async (_, site) => {
  upstreams = await startUpstreams();
  const { baseURL, requests, behave } = upstreams[site];
  const provider = createRecorded({ origin: baseURL });
  await chat(provider, { messages }).text();
  behave("expired-nonce");

  const answer = await chat(provider, { messages }).text();

  const pages = requests.filter(({ path }) => path.startsWith("/?") || path === "/");
  expect(answer).toBe(upstreams.answerTo(QUESTION));
  expect(pages.map(({ headers }) => headers["cache-control"])).toEqual([undefined, "no-cache"]);
  expect(pages[1]?.path).toMatch(/^\/\?_=\w+$/);
});

test("a nonce that is refused again is an error after one renewal", async () => {
  server = await startSite({ ...CLASSIC, classic: recording("1.9.18", "33-bad-nonce-json") });

  await expect(askSite(server)).rejects.toMatchObject({ code: "auth", status: 403, provider: "recorded" });
  expect(steps()).toEqual(["page", "classic", "page", "classic"]);
});

test("calls that find the same nonce expired share its renewal", async () => {
  upstreams = await startUpstreams();
  const { baseURL, requests, behave } = upstreams.chatgptfree;
  const provider = createRecorded({ origin: baseURL });
  await chat(provider, { messages }).text();
  behave("expired-nonce");

  await Promise.all([1, 2, 3].map(() => chat(provider, { messages }).text()));

  expect(requests.filter(({ path }) => path.startsWith("/?_="))).toHaveLength(1);
});

test("where a cache serves the refused nonce again, the nonce endpoint is asked", async () => {
  let asked = 0;
  server = await startReplay((request) => {
    const step = stepOf(request);
    if (step === "cache" && asked++ === 0) return recording("2.4.71", "058-bad-nonce-cache");
    return AIPKIT[step];
  });

  expect(await askSite(server)).toMatchObject({ text: HELLO });
  expect(steps()).toEqual(["page", "cache", "page", "nonce", "cache", "stream"]);
});

test("a site without a nonce endpoint has the nonce of its page alone", async () => {
  server = await startSite({
    ...AIPKIT,
    nonce: recording("2.4.71", "119-no-action"),
    cache: recording("2.4.71", "058-bad-nonce-cache"),
  });

  await expect(askSite(server)).rejects.toMatchObject({ code: "auth" });
  expect(steps()).toEqual(["page", "cache", "page", "nonce", "cache"]);
});

test("a spent cache key is replaced once", async () => {
  let asked = 0;
  server = await startReplay((request) => {
    const step = stepOf(request);
    if (step === "stream" && asked++ === 0) return recording("2.4.71", "053-key-reused-stream");
    return AIPKIT[step];
  });

  expect(await askSite(server)).toMatchObject({ text: HELLO });
  expect(steps()).toEqual(["page", "cache", "stream", "cache", "stream"]);
});

test("a cache key that is spent again is an error", async () => {
  server = await startSite({ ...AIPKIT, stream: recording("2.4.71", "053-key-reused-stream") });

  await expect(askSite(server)).rejects.toMatchObject({ code: "server" });
  expect(steps()).toEqual(["page", "cache", "stream", "cache", "stream"]);
});

test("a site that changed to the newer generation is asked in its way", async () => {
  let pages = 0;
  server = await startReplay((request) => {
    const step = stepOf(request);
    if (step === "page" && pages++ === 0) return CLASSIC.page;
    if (step === "classic") return recording("2.4.71", "118-old-action");
    return AIPKIT[step];
  });

  expect(await askSite(server)).toMatchObject({ text: HELLO });
  expect(steps()).toEqual(["page", "classic", "page", "cache", "stream"]);
});

test("a site whose streaming action is unknown is asked by its JSON action", async () => {
  server = await startSite({
    ...AIPKIT,
    cache: recording("2.4.71", "119-no-action"),
    json: recording("2.3.43", "124-ok-json"),
  });

  expect(await askSite(server)).toMatchObject({ text: HELLO });
  expect(steps()).toEqual(["page", "cache", "json"]);
});

test("a page without a chat is no obstacle where the bot is known", async () => {
  server = await startSite({ ...AIPKIT, page: recording("2.4.71", "006-page-no-chat") });

  expect(await askSite(server, { botId: 5 })).toMatchObject({ text: HELLO });
  expect(steps()).toEqual(["page", "nonce", "cache", "stream"]);
});

test("a page without a chat and no known bot is a protocol error", async () => {
  server = await startSite({ ...AIPKIT, page: recording("2.4.71", "006-page-no-chat") });

  await expect(askSite(server)).rejects.toMatchObject({ code: "protocol" });
});

test("a site without the plugin is a protocol error", async () => {
  server = await startSite({
    page: recording("2.4.71", "006-page-no-chat"),
    nonce: recording("2.4.71", "119-no-action"),
  });

  await expect(askSite(server, { botId: 5 })).rejects.toMatchObject({ code: "protocol" });
});

test("every call is a conversation of its own, by one guest", async () => {
  server = await startSite(AIPKIT);
  const provider = createRecorded(server);
  await Promise.all([chat(provider, { messages }).text(), chat(provider, { messages }).text()]);

  const streams = server.requests.filter((request) => stepOf(request) === "stream");
  const field = (name: string): Set<string | null> =>
    new Set(streams.map(({ path }) => new URL(path, "http://localhost").searchParams.get(name)));

  expect([field("conversation_uuid").size, field("session_id").size]).toEqual([2, 1]);
});

test("no cookie of an answer reaches another call", async () => {
  const answer = httpResponse({
    headers: { "content-type": "application/json", "set-cookie": "wpaicg_conversation=secret; path=/" },
    body: '{"status":"success","data":"Hi"}',
  });
  server = await startReplay((request) => (stepOf(request) === "page" ? CLASSIC.page : { response: answer }));
  const provider = createRecorded(server);

  await chat(provider, { messages }).text();
  await chat(provider, { messages }).text();

  expect(server.requests.map(({ headers }) => headers["cookie"])).toEqual([undefined, undefined, undefined]);
});

test("a classic site gets every field that its own script sends", async () => {
  server = await startSite(CLASSIC);
  await askSite(server);

  const sent = form(server.requests[1]?.body);
  const recorded = form(CLASSIC.classic?.request?.body);
  expect(Object.keys(sent).sort()).toEqual(Object.keys(recorded).sort());
  expect(sent).toMatchObject({ _wpnonce: "324539bcad", post_id: "6", message: QUESTION });
});

test("of several bots the one that is asked for is asked, on its own page", async () => {
  server = await startSite({ ...CLASSIC, page: recording("1.9.18", "03-page-two-bots") });
  const provider = createRecorded(server);

  await chat(provider, { messages, providerOptions: { recorded: { botId: 5 } } }).text();

  const sent = form(server.requests[1]?.body);
  expect(sent).toMatchObject({ bot_id: "5", post_id: "7", chatbot_identity: "custom_bot_5" });
});

test("a WordPress of one's own has a bot for each of its models", async () => {
  server = await startSite({ ...AIPKIT, page: recording("2.4.71", "003-page-two-bots") });
  const models = [{ id: "short" }, { id: "long" }];
  const bots = { short: 6, long: 5 };
  const provider = createRecorded(server, { models, bots });

  for (const model of ["long", undefined]) await chat(provider, { messages, model }).text();

  const asked = server.requests.filter((request) => stepOf(request) === "cache");
  expect(asked.map(({ body }) => form(body)["bot_id"])).toEqual(["5", "6"]);
});

test("the history goes into its field where that is asked for", async () => {
  server = await startSite(CLASSIC);
  const provider = createRecorded(server);

  const { warnings } = await chat(provider, {
    messages: [{ role: "user", content: "Hi" }, { role: "assistant", content: "Hello there" }, ...messages],
    providerOptions: { recorded: { history: "field" } },
  }).result();

  const sent = form(server.requests[1]?.body);
  expect(sent["wpaicg_chat_history"]).toBe('["Human: Hi","AI: Hello there"]');
  expect(sent["message"]).toBe(QUESTION);
  expect(warnings).toEqual([]);
});

test("the newer generation has no history field, which is a warning", async () => {
  server = await startSite(AIPKIT);
  const provider = createRecorded(server);

  const { warnings } = await chat(provider, {
    messages,
    providerOptions: { recorded: { history: "field" } },
  }).result();

  expect(warnings).toEqual([{ code: "adjusted", message: expect.stringContaining("history field") }]);
});

test("a warning is given once, though the question is asked twice", async () => {
  upstreams = await startUpstreams();
  upstreams.chatgptfree.behave("expired-nonce");
  const provider = createRecorded({ origin: upstreams.chatgptfree.baseURL });

  const { warnings } = await chat(provider, {
    messages,
    providerOptions: { recorded: { history: "field" } },
  }).result();

  expect(warnings).toHaveLength(1);
});

test.each([
  ['{"stream_context":"chat","a":1}', '\n{"stream_context":"chat","a":1}'],
  ['{"a":1}', '{"a":1}'],
])("the message %s arrives as it was meant", async (content, sent) => {
  server = await startSite(AIPKIT);

  await chat(createRecorded(server), { messages: [{ role: "user", content }] }).text();

  expect(form(server.requests[1]?.body)["message"]).toBe(sent);
});

test("the page of a WordPress in a subfolder says where its requests go", async () => {
  const page =
    '<script>var wpaicgParams = {"ajax_url":"https:\\/\\/elsewhere.invalid\\/blog\\/wp-admin\\/admin-ajax.php","search_nonce":"324539bcad"};</script>';
  const html = httpResponse({ headers: { "content-type": "text/html" }, body: page });
  server = await startReplay((request) =>
    stepOf(request) === "page" ? { response: html } : CLASSIC.classic,
  );

  const { text } = await askSite(server, { baseURL: `${server.origin}/blog`, pagePath: "/chat/" });

  expect(text).toBe(HELLO);
  expect(server.requests.map(({ path }) => path)).toEqual(["/blog/chat/", "/blog/wp-admin/admin-ajax.php"]);
});

test("an answer in JSON may quote a challenge page", async () => {
  const data = "A challenge page starts with <title>Just a moment...</title>.";
  const answer = httpResponse({
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ status: "success", data }),
  });
  server = await startReplay((request) => (stepOf(request) === "page" ? CLASSIC.page : { response: answer }));

  expect(await askSite(server)).toMatchObject({ text: data });
});

test.each(["page", "classic"] as const)("a challenge in place of the %s is a block", async (step) => {
  upstreams = await startUpstreams();
  const { baseURL, behave } = upstreams.chatgptt;
  const provider = createRecorded({ origin: baseURL });
  if (step === "classic") await chat(provider, { messages }).text();
  behave("challenge");

  await expect(chat(provider, { messages }).text()).rejects.toMatchObject({ code: "blocked" });
});

test("an aborted call leaves the page fetch to the calls that share it", async () => {
  server = await startSite(CLASSIC);
  const provider = createRecorded(server);
  const controller = new AbortController();
  const reason = new Error("the user went away");

  const left = chat(provider, { messages, signal: controller.signal }).text();
  const stayed = chat(provider, { messages }).text();
  controller.abort(reason);

  await expect(left).rejects.toBe(reason);
  expect(await stayed).toBe(HELLO);
  expect(steps()).toEqual(["page", "classic"]);
});

test.each(["silent", "slow"] as const)("an aborted call to a %s site leaves no socket", async (behaviour) => {
  upstreams = await startUpstreams({ pieceMs: 30 });
  const { chatgptfree } = upstreams;
  const provider = createRecorded({ origin: chatgptfree.baseURL });
  if (behaviour === "slow") await chat(provider, { messages }).text();
  chatgptfree.behave(behaviour);
  const controller = new AbortController();
  const reason = new Error("the user went away");
  const parts: StreamPart[] = [];

  const call = (async () => {
    for await (const part of chat(provider, { messages, signal: controller.signal })) {
      parts.push(part);
      controller.abort(reason);
    }
  })();
  if (behaviour === "silent") setTimeout(() => controller.abort(reason), 20);

  await expect(call).rejects.toBe(reason);
  expect(parts).toHaveLength(behaviour === "slow" ? 1 : 0);
  await expect.poll(() => chatgptfree.openSockets()).toBe(0);
});

test("an option that is no id is the caller's mistake, a setting that is none the application's", async () => {
  server = await startSite(CLASSIC);
  const provider = createRecorded(server);

  await expect(
    chat(provider, { messages, providerOptions: { recorded: { botId: "x" } } }).text(),
  ).rejects.toMatchObject({ code: "bad-request" });
  expect(() => createRecorded({ origin: "http://127.0.0.1" }, { botId: "x" })).toThrow(
    expect.objectContaining({ code: "config" }),
  );
});

test("after its end a provider is asked nothing more", async () => {
  server = await startSite(CLASSIC);
  const provider = createRecorded(server);
  await chat(provider, { messages }).text();

  await provider.close?.();

  await expect(chat(provider, { messages }).text()).rejects.toMatchObject({ code: "config" });
});

test("the end of an answer has the id of the request that brought it, and no cookie", async () => {
  const headers = {
    "content-type": "application/json",
    "x-request-id": "req_1",
    "set-cookie": "session=private",
  };
  const answer = httpResponse({ headers, body: '{"status":"success","data":"Hi"}' });
  server = await startReplay((request) => (stepOf(request) === "page" ? CLASSIC.page : { response: answer }));

  const parts: StreamPart[] = [];
  for await (const part of chat(createRecorded(server), { messages })) parts.push(part);

  expect(parts.at(-1)).toMatchObject({ response: { id: "req_1", headers: { "x-request-id": "req_1" } } });
  expect(JSON.stringify(parts)).not.toContain("private");
});
