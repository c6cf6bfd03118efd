import { testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createGemini } from "../src/index.ts";
import { answerOf } from "./serve.ts";

testProvider(
  {
    create: (settings) => createGemini(settings && { apiKey: "key-of-the-test", ...settings }),
    exchanges: [answerOf("text.sse")],
    reply: "Grüße 👋 aus dem All",
    request: { model: "gemini-3-flash" },
  },
  { describe, test },
);
