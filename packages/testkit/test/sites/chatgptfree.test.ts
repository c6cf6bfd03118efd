import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Upstream } from "../../src/upstream.ts";
import { eventsOf, runSites } from "../site-run.ts";

const AJAX = "/wp-admin/admin-ajax.php";
const VERSIONS = ["2.3.43", "2.4.71"] as const;
const ids = {
  session_id: "0f0f0f0f-0000-4000-8000-000000000701",
  conversation_uuid: "0f0f0f0f-0000-4000-8000-000000000001",
};

type Fields = Readonly<Record<string, string>>;

async function configOf({ baseURL }: Upstream): Promise<Readonly<Record<string, unknown>>> {
  const page = await (await fetch(baseURL)).text();
  const config = /data-config='([^']*)'/.exec(page)?.[1]?.replaceAll("&quot;", '"') ?? "";
  return JSON.parse(config);
}

function post({ baseURL }: Upstream, fields: Fields, headers: Fields = {}): Promise<Response> {
  return fetch(baseURL + AJAX, { method: "POST", body: new URLSearchParams(fields), headers });
}

async function nonceOf(upstream: Upstream): Promise<string> {
  const response = await post(upstream, { action: "aipkit_get_frontend_chat_nonce" });
  const { data } = (await response.json()) as { readonly data: { readonly nonce: string } };
  return data.nonce;
}

async function cache(upstream: Upstream, fields: Fields = {}, headers: Fields = {}): Promise<Response> {
  return post(
    upstream,
    {
      action: "aipkit_cache_sse_message",
      message: "how are you?",
      _ajax_nonce: await nonceOf(upstream),
      bot_id: "25865",
      user_client_message_id: "aipkit-client-msg-1",
      ...fields,
    },
    headers,
  );
}

async function keyOf(upstream: Upstream, fields: Fields = {}): Promise<string> {
  const { data } = (await (await cache(upstream, fields)).json()) as {
    readonly data: { readonly cache_key: string };
  };
  return data.cache_key;
}

async function stream(upstream: Upstream, fields: Fields, headers: Fields = {}): Promise<string[]> {
  const query = new URLSearchParams({
    action: "aipkit_frontend_chat_stream",
    _ajax_nonce: await nonceOf(upstream),
    bot_id: "25865",
    post_id: "11",
    ...ids,
    ...fields,
  });
  const response = await fetch(`${upstream.baseURL}${AJAX}?${query}`, { headers });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  return eventsOf(await response.text());
}

function textOf(events: readonly string[]): string {
  const deltas = events.filter((event) => event.startsWith("{"));
  return deltas.map((data) => JSON.parse(data).delta).join("");
}

function refusal(error: string): string[] {
  return [`error ${JSON.stringify({ error })}`, 'done {"finished":true}'];
}

test.each([
  ["2.3.43" as const, false],
  ["2.4.71" as const, undefined],
])("the page of %s tells its bot, its nonce and its origin", async (version, streamEnabled) => {
  const { chatgptfree } = await runSites({ chatgptfree: { version } });

  const config = await configOf(chatgptfree);

  expect(config).toMatchObject({ botId: 25865, ajaxUrl: chatgptfree.baseURL + AJAX });
  expect(config["nonce"]).toBe(await nonceOf(chatgptfree));
  expect(config["streamEnabled"]).toBe(streamEnabled);
});

test.each(VERSIONS)("%s streams the answer in two steps", async (version) => {
  const { chatgptfree, answerTo } = await runSites({ chatgptfree: { version } });

  const events = await stream(chatgptfree, { cache_key: await keyOf(chatgptfree) });

  expect(events[0]).toContain("message_start");
  expect(textOf(events)).toBe(answerTo("how are you?"));
  expect(events.at(-1)).toBe('done {"finished":true}');
});

test("each bot answers as its own model", async () => {
  const { chatgptfree, answerTo } = await runSites();

  const fields = { bot_id: "25874" };
  const events = await stream(chatgptfree, { ...fields, cache_key: await keyOf(chatgptfree, fields) });

  expect(textOf(events)).toBe(answerTo("how are you?", "gemini"));
});

test("a message arrives unaltered, however long", async () => {
  const { chatgptfree, answerTo } = await runSites();
  const message = `${"é<b>%41\n".repeat(20_000)} and a last word`;

  const events = await stream(chatgptfree, { cache_key: await keyOf(chatgptfree, { message }) });

  expect(textOf(events)).toBe(answerTo(message));
  expect(chatgptfree.requests.some(({ body }) => new URLSearchParams(body).get("message") === message)).toBe(
    true,
  );
});

test("a key is spent by the first read, even a refused one", async () => {
  const { chatgptfree } = await runSites();
  const read = await keyOf(chatgptfree);
  const refused = await keyOf(chatgptfree);

  await stream(chatgptfree, { cache_key: read });
  const unknownBot = await stream(chatgptfree, { cache_key: refused, bot_id: "999999" });

  expect(unknownBot).toEqual(refusal("Invalid chatbot specified."));
  expect(await stream(chatgptfree, { cache_key: read })).toEqual(refusal("Message not found in cache."));
  expect(await stream(chatgptfree, { cache_key: refused })).toEqual(refusal("Message not found in cache."));
});

test("a wrong nonce does not spend the key, as recorded", async () => {
  const { chatgptfree, answerTo } = await runSites();
  const cache_key = await keyOf(chatgptfree);

  const refused = await stream(chatgptfree, { cache_key, _ajax_nonce: "0123456789" });

  expect(refused).toEqual(refusal("Security check failed. Please refresh the page and try again."));
  expect(textOf(await stream(chatgptfree, { cache_key }))).toBe(answerTo("how are you?"));
});

test("a key that is too old has expired", async () => {
  const { chatgptfree } = await runSites({ chatgptfree: { keyMs: 5 } });
  const cache_key = await keyOf(chatgptfree);

  // the key is valid for 5 ms
  await delay(20);

  expect(await stream(chatgptfree, { cache_key })).toEqual(refusal("Cached message has expired."));
});

test.each(["session_id", "conversation_uuid"])("a stream without its %s is refused", async (name) => {
  const { chatgptfree } = await runSites();

  const events = await stream(chatgptfree, { cache_key: await keyOf(chatgptfree), [name]: "" });

  expect(events[0]).toContain("is missing");
  expect(events[1]).toBe('done {"finished":true}');
});

test("a stream without a key is refused", async () => {
  const { chatgptfree } = await runSites();

  expect(await stream(chatgptfree, {})).toEqual(refusal("Message cache key is missing."));
});

test.each<[string, Fields, Fields, number, string]>([
  ["a wrong nonce", { _ajax_nonce: "0123456789" }, {}, 403, "nonce_failure_cache_sse"],
  ["no message", { message: "" }, {}, 400, "empty_data_to_cache"],
  ["the message 0", { message: "0" }, {}, 400, "empty_data_to_cache"],
  ["a foreign origin", {}, { origin: "https://elsewhere.example" }, 403, "embed_not_available"],
  ["the origin null", {}, { origin: "null" }, 403, "embed_not_available"],
])("step 1 with %s is refused", async (_name, fields, headers, status, code) => {
  const { chatgptfree } = await runSites();

  const response = await cache(chatgptfree, fields, headers);

  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ success: false, data: { code } });
});

test("its own origin is welcome, a foreign one is refused by every step", async () => {
  const { chatgptfree, answerTo } = await runSites();
  const own = { origin: chatgptfree.baseURL };
  const foreign = { origin: "https://elsewhere.example" };

  const { data } = (await (await cache(chatgptfree, {}, own)).json()) as {
    readonly data: { readonly cache_key: string };
  };
  const refused = await stream(chatgptfree, data, foreign);
  const nonce = await post(
    chatgptfree,
    { action: "aipkit_get_frontend_chat_nonce", bot_id: "25865" },
    foreign,
  );

  expect(refused).toEqual(refusal("This domain is not permitted to access the chatbot."));
  expect(await nonce.json()).toMatchObject({ data: { code: "cors_denied" } });
  expect(textOf(await stream(chatgptfree, data, own))).toBe(answerTo("how are you?"));
});

test("an expired nonce is refused once, by whichever step comes first", async () => {
  const { chatgptfree } = await runSites();
  const nonce = await nonceOf(chatgptfree);
  chatgptfree.behave("expired-nonce");

  const refused = await cache(chatgptfree, { _ajax_nonce: nonce });

  expect(refused.status).toBe(403);
  expect((await cache(chatgptfree)).status).toBe(200);
  expect(await nonceOf(chatgptfree)).not.toBe(nonce);
});

test("an answer without text is a stream without a delta", async () => {
  const { chatgptfree } = await runSites();
  const cache_key = await keyOf(chatgptfree);
  chatgptfree.behave("empty");

  const events = await stream(chatgptfree, { cache_key });

  expect(textOf(events)).toBe("");
  expect(events.at(-1)).toBe('done {"finished":true}');
});

test("the older plugin has an action that answers at once", async () => {
  const { chatgptfree, answerTo } = await runSites({ chatgptfree: { version: "2.3.43" } });
  const action = "aipkit_frontend_chat_message";
  const fields = {
    action,
    _ajax_nonce: await nonceOf(chatgptfree),
    bot_id: "25865",
    message: "hi/there",
    ...ids,
  };

  const response = await post(chatgptfree, fields);

  expect(await response.json()).toMatchObject({ success: true, data: { reply: answerTo("hi/there") } });
});

test.each<[string, Fields, number]>([
  ["a wrong nonce", { _ajax_nonce: "0123456789" }, 403],
  ["an unknown bot", { bot_id: "999999" }, 500],
  ["blanks for a message", { message: "  " }, 400],
  ["no session", { session_id: "" }, 400],
  ["no conversation", { conversation_uuid: "" }, 400],
])("that action refuses %s", async (_name, wrong, status) => {
  const { chatgptfree } = await runSites({ chatgptfree: { version: "2.3.43" } });
  const action = "aipkit_frontend_chat_message";
  const fields = { action, _ajax_nonce: await nonceOf(chatgptfree), bot_id: "25865", message: "hi", ...ids };

  expect((await post(chatgptfree, { ...fields, ...wrong })).status).toBe(status);
});

test("that action refuses a foreign origin, and says when the model gave nothing", async () => {
  const { chatgptfree } = await runSites({ chatgptfree: { version: "2.3.43" } });
  const action = "aipkit_frontend_chat_message";
  const fields = { action, _ajax_nonce: await nonceOf(chatgptfree), bot_id: "25865", message: "hi", ...ids };

  const foreign = await post(chatgptfree, fields, { origin: "https://elsewhere.example" });
  chatgptfree.behave("empty");
  const empty = await post(chatgptfree, fields);

  expect(foreign.status).toBe(403);
  expect(await empty.json()).toMatchObject({ success: false });
});

test.each(["aipkit_frontend_chat_message", "wpaicg_chat_shortcode_message", ""])(
  "the newest plugin does not know the action %j",
  async (action) => {
    const { chatgptfree } = await runSites();

    const response = await post(chatgptfree, { action });

    expect([response.status, await response.text()]).toEqual([400, "0"]);
  },
);

test("another path is a missing page", async () => {
  const { chatgptfree } = await runSites();

  expect((await fetch(`${chatgptfree.baseURL}/nowhere/`)).status).toBe(404);
});
