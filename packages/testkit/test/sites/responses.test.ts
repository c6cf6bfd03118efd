import { afterEach, beforeEach, expect, test } from "vitest";
import { type Services, startServices } from "../../src/services.ts";
import { eventsOf } from "../site-run.ts";

const QUESTION = { role: "user", content: "Is it blue?" };
const request = { model: "o3-pro", input: [QUESTION], store: false };
const call = { type: "function_call", call_id: "a", name: "look", arguments: "{}" };

let services: Services;
beforeEach(async () => {
  services = await startServices();
});
afterEach(() => services.close());

function ask(body: unknown): Promise<Response> {
  return fetch(`${services.openai.baseURL}/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

test("events are named and numbered, and the last one holds the whole response", async () => {
  const text = await (await ask({ ...request, stream: true })).text();

  const events = eventsOf(text).map((event) => JSON.parse(event.slice(event.indexOf(" ") + 1)));
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  expect(eventsOf(text).every((event, index) => event.startsWith(`${events[index].type} `))).toBe(true);
  expect(events.at(-1)).toMatchObject({
    type: "response.completed",
    response: { status: "completed", output: [{ type: "reasoning" }, { type: "message" }] },
  });
});

test.each([
  ["a field that it does not know", { ...request, n: 2 }, "n"],
  ["no input", { ...request, input: [] }, "input"],
  ["a wish to be remembered", { ...request, store: true }, "store"],
  [
    "thoughts of a model that has none",
    { ...request, model: "gpt-4o-mini", reasoning: {} },
    "reasoning.effort",
  ],
  [
    "encrypted thoughts of a model that has none",
    { ...request, model: "gpt-4o-mini", include: ["reasoning.encrypted_content"] },
    "include",
  ],
  [
    "a tool of chat completions",
    { ...request, tools: [{ type: "function", function: { name: "look" } }] },
    "tools[0].name",
  ],
  [
    "a foreign thought",
    withItems({ type: "reasoning", id: "rs_1", summary: [], encrypted_content: "x" }),
    "input[1]",
  ],
  ["a thought without a summary", withItems({ type: "reasoning", id: "rs_1" }), "input[1]"],
  ["a call without its result", withItems(call), "input"],
  [
    "a result without its call",
    withItems({ type: "function_call_output", call_id: "b", output: "7" }),
    "input[1]",
  ],
  ["an item of another kind", withItems({ type: "elephant" }), "input[1].type"],
])("%s is refused by its place", async (_, body, param) => {
  const response = await ask(body);

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error", param } });
});

test("a thought that nothing follows is refused", async () => {
  const asked = { ...request, include: ["reasoning.encrypted_content"] };
  const { output } = (await (await ask(asked)).json()) as { readonly output: readonly object[] };

  const alone = await ask({ ...asked, input: [QUESTION, output[0], QUESTION] });
  const followed = await ask({ ...asked, input: [QUESTION, ...output, QUESTION] });

  expect([alone.status, followed.status]).toEqual([400, 200]);
  expect(JSON.stringify(await alone.json())).toContain("without its required following item");
});

test("a model that is in Responses alone is unknown to chat completions", async () => {
  const response = await fetch(`${services.openai.baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "o3-pro", messages: [QUESTION] }),
  });

  expect(response.status).toBe(404);
  expect(JSON.stringify(await response.json())).toContain("v1/responses");
});

test.each([
  ["an unknown model", { ...request, model: "other" }, 404],
  ["a body that is no object", [request], 400],
])("%s is refused with a status", async (_, body, status) => {
  expect((await ask(body)).status).toBe(status);
});

test("an empty answer holds a thought at most", async () => {
  services.openai.behave("empty");

  expect(await (await ask(request)).json()).toMatchObject({ output: [{ type: "reasoning" }] });
});

function withItems(...items: readonly object[]): object {
  return { ...request, input: [QUESTION, ...items] };
}
