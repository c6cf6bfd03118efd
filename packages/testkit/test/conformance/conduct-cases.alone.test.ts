import type { ChatProvider, ProviderSettings } from "@fallthrough/core";
import { expect, test } from "vitest";
import { createSign } from "../../src/conformance/stage.ts";
import { providerCases } from "../../src/conformance/suite-cases.ts";
import { httpResponse } from "../../src/http-message.ts";
import { createToy, EVENTS } from "../flawed/reference.ts";

const answer = httpResponse({
  headers: { "content-type": "text/event-stream" },
  body: EVENTS.map((data) => `data: ${data}\n\n`),
});

test.each([
  "the provider reads no environment variable by itself",
  "the provider logs nothing",
  "the provider asks no second server",
  "no rejection is left unhandled",
])("%s: a case that ends after the next one has begun leaves the process as it was", async (title) => {
  const before = ofProcess();
  const first = startCase(title);
  await first.asked;
  const second = startCase(title);
  await second.asked;

  first.go();
  await first.ended;
  second.go();
  await second.ended;

  expect(ofProcess().filter((one) => !before.includes(one))).toEqual([]);
});

test("what is left of one case is not held against the next one", async () => {
  const first = startCase("the provider logs nothing", () => console.log("late"));
  await first.asked;
  const second = startCase("the provider logs nothing");
  await second.asked;

  first.go();
  await expect(first.ended).rejects.toThrow("late");
  second.go();

  await second.ended;
});

interface StartedCase {
  readonly asked: Promise<void>;
  readonly ended: Promise<void> | undefined;
  go(): void;
}

/** Runs a case whose call stands still until `go()`. */
function startCase(title: string, act: () => void = () => {}): StartedCase {
  const asked = createSign();
  const gate = createSign();
  let made = 0;
  const create = (settings: ProviderSettings = {}): ChatProvider => {
    const toy = createToy(settings);
    // the first one only learns what a good answer takes
    if (made++ === 0) return toy;
    return {
      ...toy,
      async *stream(request) {
        asked.give();
        await gate.given;
        act();
        yield* toy.stream(request);
      },
    };
  };
  const { cases } = providerCases(
    { create, exchanges: [answer], reply: "Grüße an alle 👋", declare: { images: "blind" } },
    import.meta.filename,
  );
  const ended = cases.find((one) => one.title === title)?.run();
  return { asked: asked.given, go: gate.give, ended };
}

/** What the cases change or add to while they watch. */
function ofProcess(): readonly unknown[] {
  const { env, stdout, stderr } = process;
  return [
    env,
    stdout.write,
    stderr.write,
    console.log,
    console.error,
    process.listenerCount("unhandledRejection"),
  ];
}
