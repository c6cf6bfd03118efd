import { testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createOpenAI } from "../src/index.ts";
import { answerOf } from "./serve.ts";

testProvider(
  {
    create: createOpenAI,
    exchanges: [answerOf("openai-text.sse")],
    reply: "Grüße 👋 aus dem All",
    request: { model: "gpt-4o-mini" },
  },
  { describe, test },
);

describe("Responses", () => {
  testProvider(
    {
      create: (settings) => createOpenAI({ ...settings, api: "responses" }),
      exchanges: [answerOf("responses-text.sse")],
      reply: "Grüße 👋 aus dem All",
      request: { model: "gpt-5.2" },
    },
    { describe, test },
  );
});
