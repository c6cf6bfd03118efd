import { expect, test } from "vitest";
import type { Upstream } from "../../src/upstream.ts";
import { eventsOf, runSites } from "../site-run.ts";

const messages = [
  { role: "system", content: "be brief" },
  { role: "user", content: "how are you?" },
];
const request = { model: "llama3.2", messages };

function complete(
  { baseURL }: Upstream,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

function textOf(events: readonly string[]): string {
  const chunks = events.filter((data) => data !== "[DONE]").map((data) => JSON.parse(data));
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
}

test("a completion is answered at once", async () => {
  const { openai, answerTo } = await runSites();

  expect(await (await complete(openai, request)).json()).toMatchObject({
    object: "chat.completion",
    model: "llama3.2",
    choices: [{ message: { role: "assistant", content: answerTo("how are you?") }, finish_reason: "stop" }],
    usage: { total_tokens: 18 },
  });
});

test("a completion is streamed where asked for", async () => {
  const { openai, answerTo } = await runSites();

  const events = eventsOf(await (await complete(openai, { ...request, stream: true })).text());

  expect(textOf(events)).toBe(answerTo("how are you?"));
  expect(events.at(-1)).toBe("[DONE]");
  expect(events.some((data) => data.includes('"usage"'))).toBe(false);
});

test("usage comes in a last chunk without choices where asked for", async () => {
  const { openai } = await runSites();
  const body = { ...request, stream: true, stream_options: { include_usage: true } };

  const events = eventsOf(await (await complete(openai, body)).text());

  expect(JSON.parse(events.at(-2) ?? "")).toMatchObject({ choices: [], usage: { total_tokens: 18 } });
});

test("a question in parts is read", async () => {
  const { openai, answerTo } = await runSites();
  const content = [{ type: "text", text: "how are" }, { type: "image_url" }, { type: "text", text: " you?" }];

  const answered = await complete(openai, { ...request, messages: [{ role: "user", content }] });

  expect(JSON.stringify(await answered.json())).toContain(JSON.stringify(answerTo("how are you?")));
});

test.each<[string, number, unknown]>([
  ["an unknown model", 404, { ...request, model: "other" }],
  ["no model", 404, { messages }],
  ["no messages", 400, { model: "llama3.2" }],
  ["no user message", 400, { ...request, messages: [{ role: "system", content: "hi" }] }],
  ["a user message without content", 400, { ...request, messages: [{ role: "user" }] }],
  ["a body that is no object", 400, [request]],
])("%s is refused with status %i", async (_name, status, body) => {
  const { openai } = await runSites();

  const response = await complete(openai, body);

  expect(response.status).toBe(status);
  expect(await response.json()).toHaveProperty("error.message");
});

test("a body that is not JSON is refused", async () => {
  const { openai } = await runSites();

  const response = await fetch(`${openai.baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{",
  });

  expect(response.status).toBe(400);
});

test("the models are listed", async () => {
  const { openai } = await runSites({ openai: { models: ["one", "two"] } });

  expect(await (await fetch(`${openai.baseURL}/models`)).json()).toMatchObject({
    object: "list",
    data: [{ id: "one" }, { id: "two" }],
  });
});

test("a key is asked for where one is set", async () => {
  const { openai } = await runSites({ openai: { apiKey: "of this test" } });

  expect((await complete(openai, request)).status).toBe(401);
  expect((await complete(openai, request, { authorization: "Bearer other" })).status).toBe(401);
  expect((await complete(openai, request, { authorization: "Bearer of this test" })).status).toBe(200);
});

test("another path is unknown", async () => {
  const { openai } = await runSites();

  expect((await fetch(`${openai.baseURL}/other`)).status).toBe(404);
});

test("an empty answer is a stream without content", async () => {
  const { openai } = await runSites();
  openai.behave("empty");

  const events = eventsOf(await (await complete(openai, { ...request, stream: true })).text());

  expect(textOf(events)).toBe("");
  expect(events.at(-1)).toBe("[DONE]");
});
