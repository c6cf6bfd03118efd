import { ChatError } from "@fallthrough/core";
import { ChatAnthropic } from "@langchain/anthropic";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway } from "../../src/index.ts";
import { memoryProvider, registryOf } from "../case.ts";
import { type ClientSetup, startForClients, WEATHER } from "./setup.ts";

let setup: ClientSetup;
let model: ChatAnthropic;

beforeAll(async () => {
  setup = await startForClients();
  model = modelOf(setup.gateway.port);
});
afterAll(() => setup.close());

function modelOf(port: number, name = "auto"): ChatAnthropic {
  const anthropicApiUrl = `http://127.0.0.1:${port}`;
  return new ChatAnthropic({ model: name, apiKey: "any", maxRetries: 0, anthropicApiUrl });
}

test("an answer comes whole and streamed although the first provider failed", async () => {
  const { content, usage_metadata } = await model.invoke("hi");
  let said = "";
  for await (const chunk of await model.stream("hi")) said += chunk.text;

  expect(content).toBe("You said hi");
  expect(said).toBe("You said hi");
  expect(usage_metadata).toMatchObject({ input_tokens: 3, output_tokens: 4, total_tokens: 7 });
});

test("a tool is called", async () => {
  const { name, description, parameters } = WEATHER;
  const bound = model.bindTools([{ name, description, input_schema: { ...parameters, required: ["city"] } }]);

  const { tool_calls } = await bound.invoke("What is the weather?");

  expect(tool_calls).toMatchObject([{ id: "call-1", name: "weather", args: { city: "Rome" } }]);
});

test("a failure has the status, and a conversation that is too long is known as one", async () => {
  const full = memoryProvider("one", [new ChatError("context-length", "8192 tokens at most")]);
  const gateway = await startGateway(registryOf(full), { port: 0 });

  const unknown = modelOf(setup.gateway.port, "none").invoke("hi");
  const long = modelOf(gateway.port).invoke("hi");

  await expect(unknown).rejects.toMatchObject({ status: 404 });
  await expect(long).rejects.toMatchObject({ name: "ContextOverflowError" });
  await gateway.close();
});
