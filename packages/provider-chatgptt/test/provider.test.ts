import { type ChatMessage, chat } from "@fallthrough/core";
import { startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { createChatgptt } from "../src/index.ts";

const QUESTION = "Why is the sky blue?";
const messages: ChatMessage[] = [{ role: "user", content: QUESTION }];

let upstreams: Upstreams;
afterEach(() => upstreams.close());

test.each(["stream", "json"] as const)("answers from a site in %s mode", async (mode) => {
  upstreams = await startUpstreams({ chatgptt: { mode } });
  const { baseURL } = upstreams.chatgptt;
  let answer = "";

  // #region use
  const chatgptt = createChatgptt({ baseURL });
  const reply = chat(chatgptt, { messages: [{ role: "user", content: "Why is the sky blue?" }] });
  for await (const text of reply.textStream) answer += text;
  // #endregion

  expect(answer).toBe(upstreams.answerTo(QUESTION));
  await chatgptt.close?.();
});

test("sends the whole conversation in the form that the site's own script sends", async () => {
  upstreams = await startUpstreams();
  const chatgptt = createChatgptt(upstreams.settings.chatgptt);

  await chat(chatgptt, { messages: [{ role: "system", content: "Be brief." }, ...messages] }).text();

  const [page, question] = upstreams.chatgptt.requests;
  const form = Object.fromEntries(new URLSearchParams(question?.body));
  expect(page?.path).toBe("/");
  expect(question?.path).toBe("/wp-admin/admin-ajax.php");
  expect(question?.headers["origin"]).toBeUndefined();
  expect(form).toEqual({
    _wpnonce: expect.stringMatching(/^[0-9a-f]{10}$/),
    action: "wpaicg_chat_shortcode_message",
    bot_id: "0",
    chatbot_identity: "shortcode",
    message: "System: Be brief.\nUser: Why is the sky blue?\nAssistant:",
    post_id: "22",
    url: upstreams.chatgptt.baseURL,
    wpaicg_chat_client_id: expect.stringMatching(/^\w{10}$/),
    wpaicg_chat_history: "[]",
  });
});

test("another model than the first is a warning, and no name goes on the wire", async () => {
  upstreams = await startUpstreams();
  const chatgptt = createChatgptt(upstreams.settings.chatgptt);

  const { text, warnings } = await chat(chatgptt, { model: "gpt-4", messages }).result();

  expect(text).toBe(upstreams.answerTo(QUESTION));
  expect(warnings).toHaveLength(1);
  expect(upstreams.chatgptt.requests.map(({ body }) => body).join()).not.toContain("gpt-4");
});

test("a site that has moved to the newer generation is asked in its way", async () => {
  upstreams = await startUpstreams();
  const chatgptt = createChatgptt(upstreams.settings.chatgptfree);

  expect(await chat(chatgptt, { messages }).text()).toBe(upstreams.answerTo(QUESTION));
});

test("a challenge page with status 200 is no answer", async () => {
  upstreams = await startUpstreams();
  upstreams.chatgptt.behave("challenge");
  const chatgptt = createChatgptt(upstreams.settings.chatgptt);

  await expect(chat(chatgptt, { messages }).text()).rejects.toMatchObject({
    code: "blocked",
    provider: "chatgptt",
  });
});
