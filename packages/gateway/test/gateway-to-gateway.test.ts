import { ChatError, chat } from "@fallthrough/core";
import { createOpenAI } from "@fallthrough/provider-openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../src/index.ts";
import { memoryProvider, registryOf, text } from "./case.ts";
import { type ClientSetup, startForClients, WEATHER } from "./clients/setup.ts";

let setup: ClientSetup;
let outer: RunningGateway;

beforeAll(async () => {
  setup = await startForClients();
  const { baseURL } = setup.gateway;
  outer = await startGateway(registryOf(createOpenAI({ id: "inner", baseURL, models: [{ id: "auto" }] })), {
    port: 0,
  });
});
afterAll(async () => {
  await outer.close();
  await setup.close();
});

test("a provider pointed at a gateway answers, through two of them too", async () => {
  for (const baseURL of [setup.gateway.baseURL, outer.baseURL]) {
    const provider = createOpenAI({ baseURL, models: [{ id: "auto" }] });

    const result = await chat(provider, { messages: [{ role: "user", content: "hi 👋" }] }).result();

    expect(result).toMatchObject({ text: "You said hi 👋", finishReason: "stop", usage: { totalTokens: 7 } });
  }
});

test("tool calls arrive whole and in pieces", async () => {
  const provider = createOpenAI({ baseURL: outer.baseURL, models: [{ id: "auto" }] });
  const messages = [{ role: "user" as const, content: "What is the weather?" }];

  const { toolCalls, finishReason } = await chat(provider, { messages, tools: [WEATHER] }).result();

  expect(toolCalls).toEqual([{ id: "call-1", name: "weather", arguments: '{"city":"Rome"}' }]);
  expect(finishReason).toBe("tool-calls");
});

test("the live list of models is that of the gateway", async () => {
  const models = await createOpenAI({ baseURL: setup.gateway.baseURL }).listModels?.();

  expect(models?.map(({ id }) => id)).toEqual(["auto", "model", "down/model", "up/model"]);
});

test.each([
  ["rate-limit", "rate-limit"],
  ["context-length", "context-length"],
  ["content-filter", "content-filter"],
  ["auth", "server"],
] as const)("%s behind a gateway is %s in front of it", async (code, expected) => {
  const failing = memoryProvider("one", [new ChatError(code, "no")]);
  const gateway = await startGateway(registryOf(failing), { port: 0 });
  const provider = createOpenAI({ baseURL: gateway.baseURL, models: [{ id: "auto" }] });

  const failure = await chat(provider, { messages: [{ role: "user", content: "hi" }] })
    .text()
    .catch((error) => error);

  expect(failure).toMatchObject({ code: expected });
  await gateway.close();
});

test("an answer that breaks off behind a gateway breaks off in front of it", async () => {
  const cut = memoryProvider("one", [...text("half"), new ChatError("interrupted", "cut")]);
  const gateway = await startGateway(registryOf(cut), { port: 0 });
  const provider = createOpenAI({ baseURL: gateway.baseURL, models: [{ id: "auto" }] });

  const failure = await chat(provider, { messages: [{ role: "user", content: "hi" }] })
    .text()
    .catch((error) => error);

  expect(failure).toMatchObject({ phase: "committed", partial: { text: "half" } });
  await gateway.close();
});
