import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { ChatError } from "../../src/errors/chat-error.ts";
import { type ChatRequest, chat } from "../../src/index.ts";
import { createToy, failing } from "../providers.ts";

const request: ChatRequest = { messages: [{ role: "user", content: "Hello there, you" }] };

/** A provider that throws this value. */
function throwing(value: unknown): ReturnType<typeof createToy> {
  return createToy(() => failing(value));
}

function trapped(): object {
  const refuse = (): never => {
    throw new Error("trap");
  };
  return new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse });
}

const getter = Object.defineProperty(new ChatError("server", "x"), "message", {
  get: () => {
    throw new Error("getter");
  },
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["a text", "out of order"],
  ["a symbol", Symbol("x")],
  ["a value without a prototype", Object.create(null)],
  ["an error with a getter that throws", getter],
  ["a proxy whose traps throw", trapped()],
  ["a proxy that has everything", new Proxy({}, { has: () => true })],
  ["a function", () => 1],
  ["an error whose cause is a proxy", new Error("x", { cause: trapped() })],
  ["an error with a code that is no text", Object.assign(new ChatError("server", "x"), { code: 7 })],
  ["an error without a message", Object.assign(new ChatError("server", "x"), { message: undefined })],
])("%s that a provider throws becomes a ChatError", async (_, value) => {
  const error = await chat(throwing(value), request)
    .text()
    .catch((reason) => reason);

  expect(error).toBeInstanceOf(ChatError);
  expect(error).toMatchObject({ code: "contract", provider: "toy" });
  expect(error.route.attempts).toHaveLength(1);
});

test("forty kept errors keep none of the prompts that they came from, and nobody has read their stacks", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const broken = throwing(new ChatError("server", "failed", { cause: new Error("why") }));
  const kept: unknown[] = [];
  async function fail(index: number): Promise<void> {
    // a flat text of its own for each call
    const content = Buffer.alloc(512 * 1024, `prompt ${index} `).toString();
    const thrower = index % 2 === 0 ? broken : throwing(new TypeError(content.slice(20, 400)));
    kept.push(
      await chat(thrower, { messages: [{ role: "user", content }] })
        .text()
        .catch((reason) => reason),
    );
  }
  await fail(0);
  collect();
  const before = process.memoryUsage().heapUsed;

  for (let index = 1; index <= 40; index++) await fail(index);
  collect();

  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 * 1024 * 1024);
  expect(kept).toHaveLength(41);
});
