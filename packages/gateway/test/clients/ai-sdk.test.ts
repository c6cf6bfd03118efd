import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateText, stepCountIs, streamText, tool } from "ai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type ClientSetup, startForClients } from "./setup.ts";

let setup: ClientSetup;
let model: ReturnType<ReturnType<typeof createOpenAICompatible>>;
let unknown: typeof model;

beforeAll(async () => {
  setup = await startForClients();
  const provider = createOpenAICompatible({
    name: "fallthrough",
    baseURL: setup.gateway.baseURL,
    apiKey: "any",
    includeUsage: true,
  });
  model = provider("auto");
  unknown = provider("none");
});
afterAll(() => setup.close());

test("text is streamed although the first provider failed", async () => {
  const result = streamText({ model, prompt: "hi" });
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
    model,
    prompt: "What is the weather?",
    tools: { weather },
    stopWhen: stepCountIs(3),
  });

  expect(await result.text).toContain("sunny in Rome");
  expect((await result.steps).map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
});

test("a whole answer comes, and a failure is the client's own error with the status", async () => {
  const { text } = await generateText({ model, prompt: "hi" });
  const failure = await generateText({ model: unknown, prompt: "hi", maxRetries: 0 }).catch(
    (error: unknown) => error,
  );

  expect(text).toBe("You said hi");
  expect(APICallError.isInstance(failure)).toBe(true);
  expect(failure).toMatchObject({ statusCode: 404 });
});
