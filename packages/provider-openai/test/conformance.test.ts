import { testProvider } from "@fallthrough/testkit";
import { createOpenAI } from "../src/index.ts";
import { answerOf } from "./serve.ts";

testProvider({
  create: createOpenAI,
  exchanges: [answerOf("openai-text.sse")],
  reply: "Grüße 👋 aus dem All",
  request: { model: "gpt-4o-mini" },
});
