import { readFileSync } from "node:fs";
import { testProvider } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createParrot } from "../src/index.ts";

testProvider(
  {
    create: createParrot,
    exchanges: [readFileSync(new URL("fixtures/reply.raw", import.meta.url))],
    reply: "Polly wants a cracker 🦜",
    declare: {
      tools: "a parrot uses no tools",
      images: "a parrot takes words alone",
      usage: "a parrot does not count",
    },
  },
  { describe, test },
);
