import { ChatError } from "@fallthrough/core";
import { ChatOpenAI } from "@langchain/openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway } from "../../src/index.ts";
import { memoryProvider, registryOf } from "../case.ts";
import { type ClientSetup, startForClients, WEATHER } from "./setup.ts";

let setup: ClientSetup;
let model: ChatOpenAI;

beforeAll(async () => {
  setup = await startForClients();
  const configuration = { baseURL: setup.gateway.baseURL };
  model = new ChatOpenAI({ model: "auto", apiKey: "any", maxRetries: 0, configuration });
});
afterAll(() => setup.close());

test("an answer comes whole and streamed although the first provider failed", async () => {
  const { content, usage_metadata } = await model.invoke("hi");
  let said = "";
  for await (const chunk of await model.stream("hi")) said += chunk.content;

  expect(content).toBe("You said hi");
  expect(said).toBe("You said hi");
  expect(usage_metadata).toMatchObject({ input_tokens: 3, output_tokens: 4, total_tokens: 7 });
});

test("a tool is called", async () => {
  const bound = model.bindTools([{ type: "function", function: WEATHER }]);

  const { tool_calls } = await bound.invoke("What is the weather?");

  expect(tool_calls).toMatchObject([{ id: "call-1", name: "weather", args: { city: "Rome" } }]);
});

test("a failure has the status, and a conversation that is too long is known as one", async () => {
  const configuration = { baseURL: setup.gateway.baseURL };
  const unknown = new ChatOpenAI({ model: "none", apiKey: "any", maxRetries: 0, configuration });

  const full = memoryProvider("one", [new ChatError("context-length", "8192 tokens at most")]);
  const gateway = await startGateway(registryOf(full), { port: 0 });
  const long = new ChatOpenAI({
    model: "auto",
    apiKey: "any",
    maxRetries: 0,
    configuration: { baseURL: gateway.baseURL },
  });

  await expect(unknown.invoke("hi")).rejects.toMatchObject({ status: 404 });
  await expect(long.invoke("hi")).rejects.toMatchObject({ name: "ContextOverflowError" });
  await gateway.close();
});
