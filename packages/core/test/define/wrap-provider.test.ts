import { expect, test } from "vitest";
import type { ChatRequest, StreamPart } from "../../src/contract/contract.ts";
import { wrapProvider } from "../../src/define/wrap-provider.ts";
import { chat } from "../../src/reply/chat.ts";
import { createToy, FINISH, messages, text } from "../providers.ts";

test("a middleware sees the request and every part, and may change both", async () => {
  const seen: (number | undefined)[] = [];
  const provider = createToy(async function* ({ temperature }: ChatRequest) {
    seen.push(temperature);
    yield* text("hello");
    yield FINISH;
  });
  const wrapped = wrapProvider(provider, {
    async *stream(next, request) {
      for await (const part of next({ ...request, temperature: 1 })) {
        yield part.type === "text-delta" ? { ...part, delta: part.delta.toUpperCase() } : part;
      }
    },
  });

  expect(await chat(wrapped, { messages }).text()).toBe("HELLO");
  expect(seen).toEqual([1]);
  expect(wrapped).toMatchObject({ id: "toy", models: [{ id: "toy-1" }] });
});

test("what a middleware gives is guarded: without `finish` the answer was cut", async () => {
  const wrapped = wrapProvider(
    createToy(async function* () {}),
    {
      async *stream(): AsyncGenerator<StreamPart> {
        yield* text("half");
      },
    },
  );

  await expect(chat(wrapped, { messages }).text()).rejects.toMatchObject({
    code: "interrupted",
    partial: { text: "half" },
  });
});

test("a provider that is an instance of a class keeps what its prototype has", async () => {
  let closed = 0;
  class Toy {
    readonly specificationVersion = 1;
    readonly models = [{ id: "toy-1" }];
    readonly status = { state: "active", checked: "2026-01-01" } as const;
    readonly name = "Toy";
    get id(): string {
      return "toy";
    }
    async *stream(): AsyncGenerator<StreamPart> {
      yield* text(this.name);
      yield FINISH;
    }
    async close(): Promise<void> {
      closed += 1;
    }
  }
  const wrapped = wrapProvider(new Toy(), { stream: (next) => next() });
  const answer = await chat(wrapped, { messages }).text();
  await wrapped.close?.();

  expect([wrapped.id, answer, closed]).toEqual(["toy", "Toy", 1]);
});
