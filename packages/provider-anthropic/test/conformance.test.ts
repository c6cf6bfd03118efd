import { testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createAnthropic } from "../src/index.ts";
import { answerOf } from "./serve.ts";

testProvider(
  {
    create: (settings) => createAnthropic(settings && { apiKey: "key-of-the-test", ...settings }),
    exchanges: [answerOf("text.sse")],
    reply: "Grüße 👋 aus dem All",
    toolCalls: {
      exchanges: [answerOf("thinking-tools.sse")],
      calls: [
        { id: "toolu_01", name: "weather", arguments: '{"town":"Köln"}' },
        { id: "toolu_02", name: "clock", arguments: "{}" },
      ],
    },
    request: { model: "claude-sonnet-4-6" },
  },
  { describe, test },
);
