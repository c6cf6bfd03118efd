import { ChatError } from "@fallthrough/core";
import { generateText, streamText } from "ai";
import { createFallback } from "ai-fallback";
import { createRetryableModel, error, httpStatus } from "ai-retry/language-model";
import { expect, test } from "vitest";
import { createFallthrough } from "../../src/index.ts";
import { answer, memoryProvider, registryOf } from "../case.ts";

test("ai-retry sees a spent chain by its status, and moves on to another", async () => {
  const first = memoryProvider("first", [new ChatError("rate-limit", "answered 429")]);
  const second = memoryProvider("second", answer("hello"));
  const model = createRetryableModel({
    model: createFallthrough(registryOf(first))(),
    retries: [
      error.isRetryable(true).retry({ delay: 1, maxAttempts: 5 }),
      httpStatus(429).switch({ model: createFallthrough(registryOf(second))("second") }),
    ],
  });

  expect((await generateText({ model, prompt: "hi" })).text).toBe("hello");
  expect(first.requests).toHaveLength(1);
  expect(await streamText({ model, prompt: "hi" }).text).toBe("hello");
  expect(first.requests).toHaveLength(2);
});

test("ai-fallback moves on from a spent chain, and asks it once", async () => {
  const failures: unknown[] = [];
  const first = memoryProvider("first", [new ChatError("auth", "answered 401")]);
  const second = memoryProvider("second", answer("hello"));
  const model = createFallback({
    models: [createFallthrough(registryOf(first))("auto"), createFallthrough(registryOf(second))("second")],
    onError: (failure) => void failures.push(failure),
  });

  expect(await streamText({ model, prompt: "hi" }).text).toBe("hello");
  expect((await generateText({ model, prompt: "hi" })).text).toBe("hello");
  expect(first.requests).toHaveLength(1);
  expect(failures).toMatchObject([{ statusCode: 502, isRetryable: false }]);
});
