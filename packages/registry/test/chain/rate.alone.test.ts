import { type ChatProvider, chat, type StreamPart } from "@fallthrough/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createChain } from "../../src/index.ts";
import { answer, fakeProvider, QUESTION } from "../fake-provider.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Sends so many pieces of this text, one each so many milliseconds. */
function dripping(piece: string, everyMs: number, count: number): ChatProvider {
  return {
    ...fakeProvider("first", []),
    async *stream(): AsyncGenerator<StreamPart> {
      for (let sent = 0; sent < count; sent++) {
        yield { type: "text-delta", delta: piece };
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
      yield { type: "finish", finishReason: "stop" };
    },
  };
}

const second = () => fakeProvider("second", [answer("here")]);

test("an answer that drips is left for the next candidate, and nothing of it is seen", async () => {
  const chain = createChain([dripping("a", 1_000, 100), second()], { minRate: 20 });
  const reply = chat(chain, QUESTION);
  const text = reply.text();

  await vi.advanceTimersByTimeAsync(2_010);

  expect(await text).toBe("here");
  expect(reply.route.attempts).toMatchObject([
    { provider: "first", outcome: "failed", code: "timeout" },
    { provider: "second", outcome: "answered" },
  ]);
});

test("an answer that comes fast enough is whole, and is held back for two seconds at most", async () => {
  const chain = createChain([dripping("twenty characters. ", 500, 10), second()], { minRate: 20 });
  const reply = chat(chain, QUESTION);
  const seen: number[] = [];
  const began = performance.now();
  const read = (async () => {
    let text = "";
    for await (const piece of reply.textStream) {
      seen.push(performance.now() - began);
      text += piece;
    }
    return text;
  })();

  await vi.advanceTimersByTimeAsync(6_000);

  expect(await read).toBe("twenty characters. ".repeat(10));
  expect(seen[0]).toBeCloseTo(2_000, -2);
  expect(seen.at(-1)).toBeGreaterThan(4_000);
});

test("an answer that is short, or whose first kilobyte is there, is held back no longer", async () => {
  for (const provider of [dripping("short", 10, 1), dripping("x".repeat(1_024), 10, 1)]) {
    const text = chat(createChain([provider, second()], { minRate: 20 }), QUESTION).text();

    await vi.advanceTimersByTimeAsync(20);

    expect(await text).not.toBe("here");
  }
});

test("the last candidate may drip, and so may everybody without the option", async () => {
  for (const chain of [
    createChain([dripping("a", 1_000, 5)], { minRate: 20 }),
    createChain([dripping("a", 1_000, 5), second()]),
  ]) {
    const text = chat(chain, QUESTION).text();

    await vi.advanceTimersByTimeAsync(6_000);

    expect(await text).toBe("aaaaa");
  }
});

test("a chain inside a chain leaves a drip for the outer one's next candidate", async () => {
  const inner = createChain([dripping("a", 1_000, 100)], { id: "inner" });
  const text = chat(createChain([inner, second()], { minRate: 20 }), QUESTION).text();

  await vi.advanceTimersByTimeAsync(2_010);

  expect(await text).toBe("here");
});

test("the abort of a caller who waits for a measured start rejects with his reason", async () => {
  const leaving = new AbortController();
  const chain = createChain([dripping("a", 1_000, 100), second()], { minRate: 20 });
  const text = chat(chain, { ...QUESTION, signal: leaving.signal }).text();
  const failure = expect(text).rejects.toThrow("enough");
  await vi.advanceTimersByTimeAsync(500);

  leaving.abort(new Error("enough"));

  await failure;
  // the provider's own timer ends, and that of the measurement is gone
  await vi.advanceTimersByTimeAsync(600);
  expect(vi.getTimerCount()).toBe(0);
});
