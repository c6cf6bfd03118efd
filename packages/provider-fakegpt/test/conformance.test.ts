import { readRecording, testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createFakegpt } from "../src/index.ts";
import { json } from "./pandora.ts";

testProvider(
  {
    create: createFakegpt,
    exchanges: [
      json({ loads: [{ token_id: "token-a", count: 0 }] }),
      json({}, { "set-cookie": "credential=credential-a; Path=/" }),
      readRecording(new URL("fixtures/pandora/session.txt", import.meta.url)),
      readRecording(new URL("fixtures/pandora/talk-ok.txt", import.meta.url)),
    ],
    reply: `Привет, "мир" 👋\nbye`,
    declare: {
      tools: "the site takes one text",
      images: "the site takes one text",
      usage: "the site counts no tokens",
    },
  },
  { describe, test },
);
