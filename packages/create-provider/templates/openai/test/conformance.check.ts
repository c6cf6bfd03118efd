import { readFileSync } from "node:fs";
import { httpResponse, testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createMySite } from "../src/index.ts";

const body = readFileSync(new URL("fixtures/synthetic-reply.sse", import.meta.url));

testProvider(
  {
    create: createMySite,
    exchanges: [httpResponse({ headers: { "content-type": "text/event-stream" }, body: [body] })],
    reply: "Grüße 👋 aus dem All",
  },
  { describe, test },
);
