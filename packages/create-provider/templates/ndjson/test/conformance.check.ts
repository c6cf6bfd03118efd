import { readFileSync } from "node:fs";
import { httpResponse, testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createMySite } from "../src/index.ts";

const body = readFileSync(new URL("fixtures/synthetic-reply.ndjson", import.meta.url));

testProvider(
  {
    create: createMySite,
    exchanges: [httpResponse({ headers: { "content-type": "application/x-ndjson" }, body: [body] })],
    reply: "Hello from My Site 👋",
    declare: {
      tools: "the server takes one text",
      images: "the server takes one text",
      usage: "the server counts no tokens",
    },
  },
  { describe, test },
);
