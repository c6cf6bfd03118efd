import { readFileSync } from "node:fs";
import { httpResponse, testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createPizzagpt } from "../src/index.ts";

const body = readFileSync(new URL("fixtures/synthetic-reply.json", import.meta.url));

testProvider(
  {
    create: createPizzagpt,
    exchanges: [httpResponse({ headers: { "content-type": "application/json" }, body })],
    reply: "Il forno più caldo è il Vesuvio 👋",
    declare: {
      streaming: "the site answers with one JSON text",
      tools: "the site takes one text",
      images: "the site takes one text",
      usage: "the site counts no tokens",
    },
  },
  { describe, test },
);
