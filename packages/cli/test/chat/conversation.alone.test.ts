import { PassThrough } from "node:stream";
import { providerCard } from "@fallthrough/core/internal";
import { createRegistry } from "@fallthrough/registry";
import { afterEach, expect, test, vi } from "vitest";
import { createAnswerWriter } from "../../src/chat/answer-writer.ts";
import { createConversation } from "../../src/chat/conversation.ts";
import type { Output } from "../../src/output.ts";
import type { Shell } from "../../src/shell.ts";

afterEach(() => vi.useRealTimers());

test("a conversation says whom it waits for while a model nearby is loaded, until the answer begins", async () => {
  const declared = { specificationVersion: 1, id: "ollama", name: "Ollama", models: [{ id: "llama3.2" }] };
  const fallthrough = { ...declared, status: { state: "active", checked: "2026-01-01" } };
  const cold = {
    ...providerCard({ fallthrough }, { baseURL: "http://127.0.0.1:11434/v1" }),
    async *stream() {
      // of a clock that the test moves
      await new Promise((resolve) => setTimeout(resolve, 45_000));
      yield { type: "text-delta", delta: "warm" } as const;
      // of the same clock
      await new Promise((resolve) => setTimeout(resolve, 45_000));
      yield { type: "finish", finishReason: "stop" } as const;
    },
  };
  const notes: string[] = [];
  const answers: string[] = [];
  const output = {
    note: (...spans: readonly (string | { readonly text: string })[]) => {
      notes.push(spans.map((span) => (typeof span === "string" ? span : span.text)).join(""));
    },
    answer: async (text: string) => {
      answers.push(text);
    },
  } as Partial<Output> as Output;
  vi.useFakeTimers();
  const pipe = { output: new PassThrough(), environment: {} } as Partial<Shell> as Shell;
  const writer = () => createAnswerWriter(pipe, output);
  const conversation = createConversation(createRegistry({ providers: [cold] }), output, writer, {});

  const asked = conversation.ask("hi", new AbortController().signal);
  await vi.advanceTimersByTimeAsync(44_000);
  const before = [...notes];
  await vi.advanceTimersByTimeAsync(60_000);
  await asked;

  expect(before).toEqual([10, 20, 30, 40].map((seconds) => `ollama is loading llama3.2 ... ${seconds} s`));
  expect(notes).toEqual(before);
  expect(answers.join("")).toBe("warm\n");
});
