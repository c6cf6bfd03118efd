import { chat } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { afterEach, expect, test, vi } from "vitest";
import { openRecord, shownName, type WaitRecord } from "../src/call-record.ts";

afterEach(() => vi.useRealTimers());

test("an operator is told every ten seconds whom a call waits for while a model nearby is loaded, until it begins", async () => {
  vi.useFakeTimers();
  const declared = { specificationVersion: 1, id: "ollama", name: "Ollama", models: [{ id: "llama3.2" }] };
  const fallthrough = { ...declared, status: { state: "active", checked: "2026-01-01" } };
  const cold = {
    ...providerCard({ fallthrough }, { baseURL: "http://127.0.0.1:11434/v1" }),
    async *stream() {
      // of a clock that the test moves
      await new Promise((resolve) => setTimeout(resolve, 45_000));
      yield { type: "text-delta", delta: "warm" } as const;
      yield { type: "finish", finishReason: "stop" } as const;
    },
  };
  const told: WaitRecord[] = [];
  const record = openRecord("r", "POST /v1/chat/completions", undefined, (waits) => told.push(waits));
  const reply = chat(cold, { messages: [{ role: "user", content: "a private question" }] });
  record.chain = reply;
  const text = reply.text();

  await vi.advanceTimersByTimeAsync(41_000);
  expect(told.map(({ message }) => message)).toEqual([
    "ollama is loading llama3.2 ... 10 s",
    "ollama is loading llama3.2 ... 20 s",
    "ollama is loading llama3.2 ... 30 s",
    "ollama is loading llama3.2 ... 40 s",
  ]);
  expect(told[3]).toMatchObject({
    id: "r",
    route: "POST /v1/chat/completions",
    provider: "ollama",
    ms: 40_000,
  });
  await vi.advanceTimersByTimeAsync(10_000);
  await text;
  record.end();
  await vi.advanceTimersByTimeAsync(60_000);

  expect(told).toHaveLength(4);
  expect(JSON.stringify(told)).not.toContain("private");
});

test("a name is shown as it is, and of a text that is too long for one only the length", () => {
  expect(shownName(undefined)).toBeUndefined();
  expect(shownName("n".repeat(256))).toBe("n".repeat(256));
  expect(shownName("n".repeat(257))).toBe("(a text of 257 characters)");
});
