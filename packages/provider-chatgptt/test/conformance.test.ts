import { readRecording, testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createChatgptt } from "../src/index.ts";

testProvider(
  {
    create: createChatgptt,
    exchanges: ["page", "reply"].map((name) =>
      readRecording(new URL(`fixtures/${name}.txt`, import.meta.url)),
    ),
    reply: "Hello from the fake upstream.",
    declare: {
      tools: "the site takes one text",
      images: "the site takes one text",
      usage: "the site counts no tokens",
    },
  },
  { describe, test },
);
