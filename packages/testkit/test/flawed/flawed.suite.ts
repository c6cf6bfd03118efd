import { writeFileSync } from "node:fs";
import { test } from "vitest";
import { type ProviderSuite, testProvider } from "../../src/conformance.ts";
import { httpResponse } from "../../src/index.ts";
import { FLAWS } from "./flaws.ts";
import { CALL_EVENTS, CALLS, createToy, EVENTS, MANIFEST } from "./reference.ts";

const SUITE: ProviderSuite = {
  create: createToy,
  exchanges: [answerOf(EVENTS)],
  reply: "Grüße an alle 👋",
  toolCalls: { exchanges: [answerOf(CALL_EVENTS)], calls: CALLS },
  declare: { images: "the toy cannot see" },
  manifest: MANIFEST,
};

function answerOf(events: readonly string[]): Buffer {
  const headers = { "content-type": "text/event-stream" };
  return httpResponse({ headers, body: events.map((data) => `data: ${data}\n\n`) });
}

/** The cases that fail, up to the first. */
const first: Record<string, string | undefined> = {};

test("each flawed provider", { timeout: 300_000 }, async () => {
  for (const [name, flaw] of Object.entries({ "has no flaw": {}, ...FLAWS })) {
    first[name] = await firstFailure({ ...SUITE, ...flaw } as ProviderSuite);
  }
  writeFileSync(String(process.env["FLAWED_RESULTS"]), JSON.stringify(first));
});

/** Runs the cases in order, up to the first that fails. */
async function firstFailure(suite: ProviderSuite): Promise<string | undefined> {
  const cases: { title: string; run: () => Promise<void> }[] = [];
  const declareTest = (title: string, run: () => Promise<void>) => cases.push({ title, run });
  testProvider(suite, {
    describe: (_, declare) => declare(),
    test: Object.assign(declareTest, { skip: () => {} }),
  });
  for (const { title, run } of cases) {
    try {
      await run();
    } catch {
      return title;
    }
  }
  return undefined;
}
