import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  createResponseMemory,
  findConversation,
  type ResponseMemory,
} from "../../../src/dialects/responses/memory.ts";
import { createGateway } from "../../../src/index.ts";
import { answer, memoryProvider, registryOf } from "../../case.ts";
import { ask } from "./case.ts";

const LIMITS = { ms: 60_000, items: 6, characters: 1_000 };

function remember(memory: ResponseMemory, id: string, previousId?: string, text = ""): void {
  memory.remember("me", {
    id,
    previousId,
    input: [{ role: "user", content: text }],
    output: [{ id: `item-${id}`, type: "message" }],
    response: JSON.stringify({ id }),
  });
}

test("a conversation is what was asked and answered, in order, and belongs to its caller", () => {
  const memory = createResponseMemory(LIMITS);
  remember(memory, "a", undefined, "first");
  remember(memory, "b", "a", "second");

  expect(findConversation(memory, "me", "b")).toMatchObject([
    { content: "first" },
    { id: "item-a" },
    { content: "second" },
    { id: "item-b" },
  ]);
  expect(memory.findItem("me", "item-a")).toMatchObject({ type: "message" });
  expect(findConversation(memory, "another", "b")).toBeUndefined();
  expect(memory.findItem("another", "item-a")).toBeUndefined();
});

test("the least used goes first when there are too many items, and a conversation that goes on stays", () => {
  const memory = createResponseMemory(LIMITS);
  remember(memory, "a");
  remember(memory, "other");
  remember(memory, "b", "a");
  findConversation(memory, "me", "b");

  remember(memory, "c", "b");

  expect(findConversation(memory, "me", "other")).toBeUndefined();
  expect(memory.findItem("me", "item-other")).toBeUndefined();
  expect(findConversation(memory, "me", "c")).toHaveLength(6);
});

test("what is too large together goes, and what was forgotten breaks what goes on from it", () => {
  const memory = createResponseMemory(LIMITS);
  remember(memory, "large", undefined, "x".repeat(990));
  remember(memory, "a");
  remember(memory, "b", "a");

  memory.forget("me", "a");

  expect(findConversation(memory, "me", "large")).toBeUndefined();
  expect(findConversation(memory, "me", "b")).toBeUndefined();
});

test("what is too old is gone", async () => {
  const memory = createResponseMemory({ ...LIMITS, ms: 20 });
  remember(memory, "a");

  // longer than anything is remembered
  await delay(40);

  expect(memory.findResponse("me", "a")).toBeUndefined();
});

test("a response goes on from one before, and an item is referred to by its id, until `rememberMs` is over", async () => {
  const provider = memoryProvider("one", answer("It is 7"));
  const gateway = createGateway(registryOf(provider));
  const first = (await (await ask(gateway, { input: "Keep 7", instructions: "Be brief" })).json()) as {
    id: string;
    output: [{ id: string }];
  };

  await ask(gateway, { previous_response_id: first.id, input: "Which one?" });
  await ask(gateway, {
    input: [
      { role: "user", content: "Keep 7" },
      { id: first.output[0].id },
      { role: "user", content: "And?" },
    ],
  });

  const told = [
    { role: "user", content: "Keep 7" },
    { role: "assistant", content: "It is 7" },
  ];
  // instructions hold for their own request alone
  expect(provider.requests[1]?.messages).toEqual([...told, { role: "user", content: "Which one?" }]);
  expect(provider.requests[2]?.messages).toEqual([...told, { role: "user", content: "And?" }]);
});

test.each([
  ["what is unknown", {}, {}],
  ["what was not stored", {}, { store: false }],
  ["anything where nothing is remembered", { rememberMs: 0 }, {}],
])("a reference to %s says what to do", async (_, options, body) => {
  const gateway = createGateway(registryOf(memoryProvider("one", answer("hi"))), options);
  const response = await (await ask(gateway, { input: "hi", ...body })).json();
  const unknown = Object.keys(options).length + Object.keys(body).length === 0;
  const { id, output } = unknown
    ? { id: "resp_1", output: [{ id: "msg_1" }] }
    : (response as { id: string; output: [{ id: string }] });

  const previous = await ask(gateway, { input: "go on", previous_response_id: id });
  const item = await ask(gateway, { input: [{ type: "item_reference", id: output[0]?.id }] });

  expect([previous.status, item.status]).toEqual([400, 400]);
  expect(await previous.json()).toMatchObject({
    error: { code: "previous_response_not_found", param: "previous_response_id" },
  });
  expect(await item.json()).toMatchObject({
    error: { code: "item_not_found", param: "input[0].id", message: expect.stringContaining("store: false") },
  });
  expect(response).toMatchObject({ store: unknown });
});

test("callers with names of their own do not see each other's responses", async () => {
  const gateway = createGateway(registryOf(memoryProvider("one", answer("hi"))), {
    tokens: { one: "token-one", two: "token-two" },
  });
  const post = (token: string, body: object): Promise<Response> =>
    gateway.fetch(
      new Request("http://127.0.0.1:8787/v1/responses", {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      }),
    );
  const { id } = (await (await post("token-one", { input: "hi" })).json()) as { id: string };

  const own = await post("token-one", { input: "go on", previous_response_id: id });
  const foreign = await post("token-two", { input: "go on", previous_response_id: id });

  expect([own.status, foreign.status]).toEqual([200, 400]);
});
