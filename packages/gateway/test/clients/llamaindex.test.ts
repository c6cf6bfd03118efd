import { OpenAI, OpenAIEmbedding } from "@llamaindex/openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClientSetup, startForClients, WEATHER } from "./setup.ts";

let setup: ClientSetup;
let model: OpenAI;

beforeAll(async () => {
  setup = await startForClients();
  model = modelOf("auto");
});
afterAll(() => setup.close());

function modelOf(name: string): OpenAI {
  return new OpenAI({ model: name, apiKey: "any", baseURL: setup.gateway.baseURL, maxRetries: 0 });
}

function question(content: string) {
  return { messages: [{ role: "user" as const, content }] };
}

test("an answer comes whole and streamed although the first provider failed", async () => {
  const { message } = await model.chat(question("hi"));
  let said = "";
  for await (const { delta } of await model.chat({ ...question("hi"), stream: true })) said += delta;

  expect(message.content).toBe("You said hi");
  expect(said).toBe("You said hi");
});

test("a tool is called", async () => {
  const metadata = { ...WEATHER, parameters: { ...WEATHER.parameters, required: ["city"] } };

  const { message } = await model.chat({
    ...question("What is the weather?"),
    tools: [{ metadata }] as never,
  });

  expect(message.options).toMatchObject({ toolCall: [{ id: "call-1", name: "weather" }] });
});

test("a failure has the status, of embeddings too", async () => {
  const embedding = new OpenAIEmbedding({
    model: "none",
    apiKey: "any",
    baseURL: setup.gateway.baseURL,
    maxRetries: 0,
  });

  await expect(modelOf("none").chat(question("hi"))).rejects.toMatchObject({ status: 404 });
  await expect(embedding.getTextEmbedding("hi")).rejects.toMatchObject({ status: 404 });
});
