import { describe, test } from "vitest";
import { testProvider } from "../../src/conformance.ts";
import type { Ability } from "../../src/index.ts";
import { httpResponse } from "../../src/index.ts";
import { FLAWS } from "./flaws.ts";
import { createToy, MANIFEST } from "./reference.ts";

const LACKS = ["tools", "images", "usage"];
const EVENTS = ['{"text":"Grüße "}', '{"text":"an alle "}', '{"text":"👋"}', "[DONE]"];
const EXCHANGE = httpResponse({
  headers: { "content-type": "text/event-stream" },
  body: EVENTS.map((data) => `data: ${data}\n\n`),
});

describe.each(Object.entries({ "has no flaw": { create: createToy }, ...FLAWS }))("%s", (_, flaw) => {
  const declare = ("declare" in flaw ? flaw.declare : undefined) ?? LACKS;
  testProvider(
    {
      create: (settings) => flaw.create(settings),
      exchanges: [EXCHANGE],
      reply: "Grüße an alle 👋",
      declare: declare as readonly Ability[],
      manifest: MANIFEST,
    },
    { describe, test },
  );
});
