import { testProvider } from "@fallthrough/testkit";
import { describe } from "vitest";
import { createOpenAI } from "../src/index.ts";
import { answerOf } from "./serve.ts";

testProvider({
  create: createOpenAI,
  exchanges: [answerOf("openai-text.sse")],
  reply: "Grüße 👋 aus dem All",
  request: { model: "gpt-4o-mini" },
});

describe("Responses", () => {
  testProvider({
    create: (settings) => createOpenAI({ ...settings, api: "responses" }),
    exchanges: [answerOf("responses-text.sse")],
    reply: "Grüße 👋 aus dem All",
    request: { model: "gpt-5.2" },
  });
});
