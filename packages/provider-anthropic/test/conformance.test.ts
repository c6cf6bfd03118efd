import { testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createAnthropic } from "../src/index.ts";
import { answerOf } from "./serve.ts";

testProvider(
  {
    create: (settings) => createAnthropic(settings && { apiKey: "key-of-the-test", ...settings }),
    exchanges: [answerOf("text.sse")],
    reply: "Grüße 👋 aus dem All",
    request: { model: "claude-sonnet-4-6" },
  },
  { describe, test },
);
