import type { ProviderSettings } from "@fallthrough/core";
import { afterEach, expect, expectTypeOf, test } from "vitest";
import { startUpstreams, type Upstreams } from "../src/upstreams.ts";

const running: Upstreams[] = [];

async function start(): Promise<Upstreams> {
  const upstreams = await startUpstreams();
  running.push(upstreams);
  return upstreams;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((upstreams) => upstreams.close()));
});

test("each stand-in has an origin of its own, and the settings name those of the four sites", async () => {
  const { pizzagpt, chatgptt, chatgptfree, fakegpt, openai, settings } = await start();

  const baseURLs = [pizzagpt, chatgptt, chatgptfree, fakegpt, openai].map(({ baseURL }) => baseURL);

  expect(new Set(baseURLs).size).toBe(5);
  expect(baseURLs.every((baseURL) => baseURL.startsWith("http://127.0.0.1:"))).toBe(true);
  expectTypeOf(settings).toExtend<Readonly<Record<string, ProviderSettings>>>();
  expect(settings).toEqual({
    pizzagpt: { baseURL: pizzagpt.baseURL },
    chatgptt: { baseURL: chatgptt.baseURL },
    chatgptfree: { baseURL: chatgptfree.baseURL },
    fakegpt: { baseURL: fakegpt.baseURL },
  });
});

test("the answer depends on the question and on the run", async () => {
  const one = await start();
  const other = await start();

  expect(one.answerTo("hi")).toBe(one.answerTo("hi"));
  expect(one.answerTo("hi")).not.toBe(one.answerTo("ho"));
  expect(one.answerTo("hi")).not.toBe(other.answerTo("hi"));
});

test("closing closes every stand-in", async () => {
  const { chatgptt, openai, close } = await start();

  await close();

  await expect(fetch(chatgptt.baseURL)).rejects.toThrow("fetch failed");
  await expect(fetch(openai.baseURL)).rejects.toThrow("fetch failed");
});

test("a stand-in tells what it received and takes up another behaviour", async () => {
  // #region use
  const upstreams = await startUpstreams({ chatgptfree: { version: "2.3.43" }, pieceMs: 10 });

  const page = await fetch(upstreams.chatgptfree.baseURL);
  upstreams.chatgptfree.behave("challenge");
  const challenge = await fetch(upstreams.chatgptfree.baseURL);

  const { requests } = upstreams.chatgptfree;
  await upstreams.close();
  // #endregion

  expect(await page.text()).toContain("aipkit_chat_container");
  expect(await challenge.text()).toContain("Just a moment...");
  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /", "GET /"]);
});
