import { createAnthropic } from "@ai-sdk/anthropic";
import { ChatError } from "@fallthrough/core";
import { APICallError, generateText, stepCountIs, streamText, tool } from "ai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startGateway } from "../../src/index.ts";
import { answer, memoryProvider, registryOf, text } from "../case.ts";
import { type ClientSetup, startForClients } from "./setup.ts";

let setup: ClientSetup;
let provider: ReturnType<typeof createAnthropic>;

beforeAll(async () => {
  setup = await startForClients();
  provider = createAnthropic({ baseURL: setup.gateway.baseURL, apiKey: "any" });
});
afterAll(() => setup.close());

test("text is streamed although the first provider failed", async () => {
  const result = streamText({ model: provider("auto"), prompt: "hi", maxOutputTokens: 100 });
  let said = "";
  for await (const delta of result.textStream) said += delta;

  expect(said).toBe("You said hi");
  expect(await result.usage).toMatchObject({ inputTokens: 3, outputTokens: 4 });
  expect(await result.finishReason).toBe("stop");
});

test("a tool is run and its result answered in one stream", async () => {
  const weather = tool({
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `sunny in ${city}`,
  });

  const result = streamText({
    model: provider("auto"),
    prompt: "What is the weather?",
    maxOutputTokens: 100,
    tools: { weather },
    stopWhen: stepCountIs(3),
  });

  expect(await result.text).toContain("sunny in Rome");
  expect((await result.steps).map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
});

test("what proves a thought and what belongs to a call make the round trip in a tool loop", async () => {
  const thinker = memoryProvider("one", ({ messages }) =>
    messages.at(-1)?.role === "tool"
      ? answer("done")
      : [
          { type: "reasoning-delta", delta: "let me see", providerData: { one: { signature: "s1" } } },
          { type: "tool-call", id: "a", name: "now", arguments: "{}", providerData: { one: { call: "c1" } } },
          { type: "finish", finishReason: "tool-calls", providerData: { one: { details: "d1" } } },
        ],
  );
  const gateway = await startGateway(registryOf(thinker), { port: 0 });
  const now = tool({ inputSchema: z.object({}), execute: async () => "12:00" });

  const { text: said } = await generateText({
    model: createAnthropic({ baseURL: gateway.baseURL, apiKey: "any" })("auto"),
    prompt: "When?",
    maxOutputTokens: 100,
    tools: { now },
    stopWhen: stepCountIs(3),
  });

  expect(said).toBe("done");
  expect(thinker.requests[1]?.messages[1]).toMatchObject({
    reasoning: [{ text: "let me see", providerData: { one: { signature: "s1" } } }],
    toolCalls: [{ id: "a", providerData: { one: { call: "c1" } } }],
    providerData: { one: { details: "d1" } },
  });
  await gateway.close();
});

test("a failure is the client's own error, before the first byte with the status", async () => {
  const cut = memoryProvider("one", [...text("half"), new ChatError("interrupted", "cut")]);
  const gateway = await startGateway(registryOf(cut), { port: 0 });
  const errors: unknown[] = [];

  const failure = await generateText({
    model: provider("none"),
    prompt: "hi",
    maxOutputTokens: 100,
    maxRetries: 0,
  }).catch((error: unknown) => error);
  const broken = streamText({
    model: createAnthropic({ baseURL: gateway.baseURL, apiKey: "any" })("auto"),
    prompt: "hi",
    maxOutputTokens: 100,
    onError: ({ error }) => void errors.push(error),
  });
  let said = "";
  for await (const delta of broken.textStream) said += delta;

  expect(APICallError.isInstance(failure)).toBe(true);
  expect(failure).toMatchObject({ statusCode: 404 });
  expect(said).toBe("half");
  expect(errors).toHaveLength(1);
  await gateway.close();
});
