import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, generateText, type ModelMessage, Output, stepCountIs, streamText, tool } from "ai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startGateway } from "../../src/index.ts";
import { memoryProvider, registryOf, text } from "../case.ts";
import { type ClientSetup, startForClients } from "./setup.ts";

// @ai-sdk/openai in its default mode, which is Responses

let setup: ClientSetup;
let model: ReturnType<ReturnType<typeof createOpenAI>>;
let unknown: typeof model;

beforeAll(async () => {
  setup = await startForClients();
  const provider = createOpenAI({ baseURL: setup.gateway.baseURL, apiKey: "any" });
  model = provider("auto");
  unknown = provider("none");
});
afterAll(() => setup.close());

const weather = tool({
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});

test("text is streamed although the first provider failed", async () => {
  const result = streamText({ model, prompt: "hi" });
  let said = "";
  for await (const delta of result.textStream) said += delta;

  expect(said).toBe("You said hi");
  expect(await result.usage).toMatchObject({ inputTokens: 3, outputTokens: 4 });
  expect(await result.finishReason).toBe("stop");
});

test.each([
  ["whole", generateText],
  ["streamed", streamText],
] as const)("a tool is run and its result answered, %s", async (_, run) => {
  const result = run({
    model,
    prompt: "What is the weather?",
    tools: { weather },
    stopWhen: stepCountIs(3),
  });

  const { text: said, steps } = await result;
  expect(await said).toContain("sunny in Rome");
  expect((await steps).map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
});

test.each([
  ["by references to items", {}],
  ["with whole items", { openai: { store: false } }],
])("a second turn has the history of the first, %s", async (_, providerOptions) => {
  const messages: ModelMessage[] = [{ role: "user", content: "one" }];
  const first = await generateText({ model, messages, providerOptions });
  messages.push(...first.response.messages, { role: "user", content: "two" });

  const second = await generateText({ model, messages, providerOptions });

  expect(second.text).toBe("You said two");
  expect(setup.provider.requests.at(-1)?.messages).toMatchObject([
    { role: "user" },
    { role: "assistant", content: "You said one" },
    { role: "user" },
  ]);
});

test("JSON is asked for by its schema", async () => {
  const schema = z.object({ n: z.number() });
  const provider = memoryProvider("json", [...text('{"n":', "7}"), { type: "finish", finishReason: "stop" }]);
  const gateway = await startGateway(registryOf(provider), { port: 0 });
  const at = createOpenAI({ baseURL: gateway.baseURL, apiKey: "any" })("auto");

  const { output } = await generateText({ model: at, prompt: "hi", output: Output.object({ schema }) });

  expect(output).toEqual({ n: 7 });
  expect(provider.requests[0]?.responseFormat).toMatchObject({
    type: "json",
    schema: { type: "object", properties: { n: { type: "number" } } },
  });
  await gateway.close();
});

test("reasoning is shown, and comes back to the provider that wrote it", async () => {
  const signed = { thinker: { signature: "s1" } };
  const thinker = memoryProvider("thinker", [
    { type: "reasoning-delta", delta: "hm" },
    { type: "reasoning-delta", delta: ", well", providerData: signed },
    ...text("Yes"),
    { type: "finish", finishReason: "stop" },
  ]);
  const gateway = await startGateway(registryOf(thinker), { port: 0 });
  const at = createOpenAI({ baseURL: gateway.baseURL, apiKey: "any" })("auto");
  const messages: ModelMessage[] = [{ role: "user", content: "Is it?" }];

  const streamed = streamText({ model: at, messages });
  const reasoning = await streamed.reasoningText;
  messages.push(...(await streamed.response).messages, { role: "user", content: "Sure?" });
  await generateText({ model: at, messages });

  expect(reasoning).toBe("hm, well");
  expect(thinker.requests.at(-1)?.messages[1]).toMatchObject({
    role: "assistant",
    content: "Yes",
    reasoning: [{ text: "hm, well", providerData: signed }],
  });
  await gateway.close();
});

test("a whole answer comes, and a failure is the client's own error with the status", async () => {
  const { text: said } = await generateText({ model, prompt: "hi" });
  const failure = await generateText({ model: unknown, prompt: "hi", maxRetries: 0 }).catch(
    (error: unknown) => error,
  );

  expect(said).toBe("You said hi");
  expect(APICallError.isInstance(failure)).toBe(true);
  expect(failure).toMatchObject({ statusCode: 404 });
});
