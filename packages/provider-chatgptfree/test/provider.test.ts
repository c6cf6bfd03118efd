import { type ChatMessage, chat } from "@fallthrough/core";
import { startUpstreams, type Upstreams, type UpstreamsOptions } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { createChatgptfree } from "../src/index.ts";

const QUESTION = "Why is the sky blue?";
const messages: ChatMessage[] = [{ role: "user", content: QUESTION }];
const VERSIONS = ["2.3.43", "2.4.71"] as const satisfies readonly NonNullable<
  UpstreamsOptions["chatgptfree"]
>["version"][];

let upstreams: Upstreams;
afterEach(() => upstreams.close());

test.each(VERSIONS)("answers from a site with AIPKit %s", async (version) => {
  upstreams = await startUpstreams({ chatgptfree: { version } });
  const { baseURL } = upstreams.chatgptfree;
  let answer = "";

  // #region use
  const chatgptfree = createChatgptfree({ baseURL });
  const reply = chat(chatgptfree, { messages: [{ role: "user", content: "Why is the sky blue?" }] });
  for await (const text of reply.textStream) answer += text;
  // #endregion

  expect(answer).toBe(upstreams.answerTo(QUESTION));
  await chatgptfree.close?.();
});

test("the newer generation is asked in two requests", async () => {
  upstreams = await startUpstreams();
  const chatgptfree = createChatgptfree(upstreams.settings.chatgptfree);

  await chat(chatgptfree, { messages }).text();

  const [page, cache, stream] = upstreams.chatgptfree.requests;
  const uuid = expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(page?.path).toBe("/");
  expect([cache?.headers["origin"], stream?.headers["origin"]]).toEqual([undefined, undefined]);
  expect(Object.fromEntries(new URLSearchParams(cache?.body))).toEqual({
    _ajax_nonce: expect.stringMatching(/^[0-9a-f]{10}$/),
    action: "aipkit_cache_sse_message",
    bot_id: "25865",
    message: QUESTION,
    user_client_message_id: expect.stringMatching(/^aipkit-client-msg-25865-\d+-\w{7}$/),
  });
  expect(Object.fromEntries(new URL(stream?.path ?? "", "http://localhost").searchParams)).toEqual({
    _ajax_nonce: expect.stringMatching(/^[0-9a-f]{10}$/),
    _ts: expect.stringMatching(/^\d+$/),
    action: "aipkit_frontend_chat_stream",
    bot_id: "25865",
    cache_key: expect.stringMatching(/^aipkit_sse_\w{32}$/),
    conversation_uuid: uuid,
    post_id: "11",
    session_id: uuid,
  });
});

test.each(createChatgptfree().models.slice(1))("model $id is a bot of its own", async ({ id }) => {
  upstreams = await startUpstreams();
  const chatgptfree = createChatgptfree(upstreams.settings.chatgptfree);

  const { text, warnings } = await chat(chatgptfree, { model: id, messages }).result();

  expect(text).toBe(upstreams.answerTo(QUESTION, id));
  expect(warnings).toEqual([]);
});

test("on a site of the older generation a model that was asked for by name is a warning", async () => {
  upstreams = await startUpstreams();
  const chatgptfree = createChatgptfree(upstreams.settings.chatgptt);

  const { text, warnings } = await chat(chatgptfree, { model: "claude", messages }).result();

  expect(text).toBe(upstreams.answerTo(QUESTION));
  expect(warnings).toEqual([{ code: "adjusted", message: expect.stringContaining("claude") }]);
});
