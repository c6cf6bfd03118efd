import { expect, test } from "vitest";
import type { Upstream } from "../../src/upstream.ts";
import { runSites } from "../site-run.ts";

const turn = { text: "hi there", sender: "user", studyMode: false };
const newest = { question: "hi there", searchEnabled: false, studyMode: false, chat: [turn] };

function ask(
  { baseURL }: Upstream,
  body: unknown = newest,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${baseURL}/api/chatx-completion`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-secret": "Diavola",
      origin: baseURL,
      referer: `${baseURL}/en`,
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

test("the newest body is answered at the top", async () => {
  const { pizzagpt, answerTo } = await runSites();

  const response = await ask(pizzagpt);

  expect(await response.json()).toEqual({ content: answerTo("hi there") });
  expect(response.headers.get("set-cookie")).toContain("n-req=");
});

test("the classic body is answered in `answer`", async () => {
  const { pizzagpt, answerTo } = await runSites();

  expect(await (await ask(pizzagpt, { question: "hi there" })).json()).toEqual({
    answer: { content: answerTo("hi there") },
  });
});

test("an answer that was searched for has citations", async () => {
  const { pizzagpt } = await runSites();

  const body = await (await ask(pizzagpt, { ...newest, searchEnabled: true })).json();

  expect(body).toMatchObject({ citations: [{ url: "https://en.wikipedia.org/wiki/Pizza" }] });
});

test.each<[string, number, unknown, Readonly<Record<string, string>>]>([
  ["a wrong secret", 401, newest, { "x-secret": "Margherita" }],
  ["no secret", 401, newest, { "x-secret": "" }],
  ["a foreign origin", 403, newest, { origin: "https://elsewhere.example" }],
  ["a foreign referer", 403, newest, { referer: "https://elsewhere.example/" }],
  ["no JSON", 400, newest, { "content-type": "text/plain" }],
  ["no question", 400, { ...newest, question: undefined }, {}],
  ["an empty question", 400, { ...newest, question: "" }, {}],
  ["an empty chat", 400, { ...newest, chat: [] }, {}],
  ["a turn of nobody", 400, { ...newest, chat: [{ ...turn, sender: "system" }] }, {}],
  ["a turn that is none", 400, { ...newest, chat: ["hi"] }, {}],
  ["a chat without its switches", 400, { question: "hi", chat: [turn] }, {}],
])("%s is refused with status %i", async (_name, status, body, headers) => {
  const { pizzagpt } = await runSites();

  const response = await ask(pizzagpt, body, headers);

  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ statusCode: status });
});

test("the secret may be another one", async () => {
  const { pizzagpt } = await runSites({ pizzagpt: { secret: "Marinara" } });

  expect((await ask(pizzagpt)).status).toBe(401);
  expect((await ask(pizzagpt, newest, { "x-secret": "Marinara" })).status).toBe(200);
});

test("another path and another method are refused", async () => {
  const { pizzagpt } = await runSites();

  expect((await fetch(`${pizzagpt.baseURL}/api/other`)).status).toBe(404);
  expect((await fetch(`${pizzagpt.baseURL}/api/chatx-completion`)).status).toBe(405);
});

test("a refusal of the caller has status 200", async () => {
  const { pizzagpt } = await runSites();
  pizzagpt.behave("abuse");

  const response = await ask(pizzagpt);

  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ content: expect.stringMatching(/^Misuse detected\. /) });
});

test("an empty answer has no text, a limit and an error the shape of the site", async () => {
  const { pizzagpt } = await runSites();

  pizzagpt.behave("empty");
  expect(await (await ask(pizzagpt)).json()).toEqual({ content: "" });
  pizzagpt.behave("rate-limit");
  expect(await (await ask(pizzagpt)).json()).toMatchObject({ statusCode: 429 });
  pizzagpt.behave("server-error");
  expect(await (await ask(pizzagpt)).json()).toMatchObject({ statusCode: 500 });
});
