import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatMessage } from "../../src/contract/contract.ts";
import { formatPrompt } from "../../src/parts/format-prompt.ts";
import { TRIALS, TRIALS_MS } from "./trials.ts";

const text = fc.string({ unit: "grapheme", maxLength: 30 });
const part = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text }),
  fc.record({ type: fc.constantFrom("image" as const, "file" as const), data: fc.constant("data:,x") }),
);
const pieces = fc.oneof(text, fc.array(part, { maxLength: 4 }));
const message: fc.Arbitrary<ChatMessage> = fc.oneof(
  fc.record({ role: fc.constant("system" as const), content: text }),
  fc.record({ role: fc.constant("user" as const), content: pieces }),
  fc.record({ role: fc.constant("assistant" as const), content: fc.option(text) }),
  fc.record({ role: fc.constant("tool" as const), content: pieces, toolCallId: text }),
);

test(
  "a flattened conversation has every text in its order, and a warning for everything else",
  () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 6 }), (messages) => {
        const texts = messages
          .map(({ content }) => (Array.isArray(content) ? content.map(textOf).join("") : (content ?? "")))
          .filter((one) => one.trim() !== "");
        fc.pre(texts.length > 0);
        const warnings: string[] = [];

        const prompt = formatPrompt(messages, (warning) => warnings.push(warning));

        let end = 0;
        for (const one of texts) {
          const start = prompt.indexOf(one, end);
          expect(start).toBeGreaterThanOrEqual(end);
          end = start + one.length;
        }
        expect(warnings).toHaveLength(messages.flatMap(({ content }) => attachments(content)).length);
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);

function textOf(one: { readonly type: string; readonly text?: string | undefined }): string {
  return one.text ?? "";
}

function attachments(content: ChatMessage["content"]): readonly unknown[] {
  return Array.isArray(content) ? content.filter(({ type }) => type !== "text") : [];
}
