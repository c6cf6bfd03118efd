import { testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createGemini } from "../src/index.ts";
import { answerOf } from "./serve.ts";

testProvider(
  {
    create: (settings) => createGemini(settings && { apiKey: "key-of-the-test", ...settings }),
    exchanges: [answerOf("text.sse")],
    reply: "Grüße 👋 aus dem All",
    toolCalls: {
      exchanges: [answerOf("thinking-tools.sse")],
      calls: [
        { id: "fc-1", name: "weather", arguments: '{"town":"Köln"}' },
        { id: "fc-2", name: "clock", arguments: "{}" },
      ],
    },
    request: { model: "gemini-3-flash" },
  },
  { describe, test },
);
