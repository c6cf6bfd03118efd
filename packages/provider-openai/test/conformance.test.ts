import { testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createOpenAI } from "../src/index.ts";
import { answerOf } from "./serve.ts";

testProvider(
  {
    create: createOpenAI,
    exchanges: [answerOf("openai-text.sse")],
    reply: "Grüße 👋 aus dem All",
    toolCalls: {
      exchanges: [answerOf("openai-tool-calls.sse")],
      calls: [
        { id: "call_1", name: "get_weather", arguments: '{"city":"Oslo"}' },
        { id: "call_2", name: "get_time", arguments: '{"zone":"CET"}' },
      ],
    },
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
      toolCalls: {
        exchanges: [answerOf("responses-thinking-tools.sse")],
        calls: [
          { id: "call_1", name: "weather", arguments: '{"town":"Köln"}' },
          { id: "call_2", name: "clock", arguments: "{}" },
        ],
      },
      request: { model: "gpt-5.2" },
    },
    { describe, test },
  );
});
