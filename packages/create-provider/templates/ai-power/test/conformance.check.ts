import { readRecording, testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createMySite } from "../src/index.ts";

testProvider(
  {
    create: createMySite,
    exchanges: ["page", "reply"].map((name) =>
      readRecording(new URL(`fixtures/${name}.txt`, import.meta.url)),
    ),
    reply: "Hello from the fake upstream.",
    declare: {
      tools: "the server takes one text",
      images: "the server takes one text",
      usage: "the server counts no tokens",
    },
  },
  { describe, test },
);
