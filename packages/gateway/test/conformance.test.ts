import { createOpenAI } from "@fallthrough/provider-openai";
import manifest from "@fallthrough/provider-openai/package.json" with { type: "json" };
import { httpResponse, testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createGateway } from "../src/index.ts";
import { memoryProvider, post, registryOf, text } from "./case.ts";

// what the gateway writes is what a provider in front of another gateway reads

const DELTAS = ["Grüße ", "👋 ", "aus ", "dem ", "All"];
const usage = { inputTokens: 3, outputTokens: 4, totalTokens: 7 };
const provider = memoryProvider("one", [...text(...DELTAS), { type: "finish", finishReason: "stop", usage }]);
const response = await post(createGateway(registryOf(provider)), {
  stream: true,
  stream_options: { include_usage: true },
});
const body: Uint8Array[] = [];
for await (const chunk of response.body ?? []) body.push(chunk);

testProvider(
  {
    create: createOpenAI,
    manifest,
    exchanges: [httpResponse({ headers: Object.fromEntries(response.headers), body })],
    reply: DELTAS.join(""),
    request: { model: "auto" },
  },
  { describe, test },
);
