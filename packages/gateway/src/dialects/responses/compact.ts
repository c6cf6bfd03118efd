import type { ChatMessage } from "@fallthrough/core";
import { formatPrompt, messageText } from "@fallthrough/core/provider";
import { parseObject, parseOptional, parseText, wrong } from "../../parse-fields.ts";
import type { DialectCall } from "../dialect.ts";
import { createId } from "./items.ts";
import { createConversation } from "./read-items.ts";
import { type RequestSources, readInput } from "./read-request.ts";
import type { Seal } from "./seal.ts";
import { formatUsage } from "./usage.ts";

const INSTRUCTIONS =
  "Summarize the conversation below, so that it can go on from your summary alone. Keep every fact, decision, name, " +
  "path and open task that what follows may need. Answer with the summary and nothing else.";

/** Reads a request for a compaction; throws a refusal that names the field */
export function readCompaction(body: unknown, sources: RequestSources, seal: Seal): DialectCall {
  const { model, input, previous_response_id, instructions } = parseObject(body, "body");
  const previousId = parseOptional(previous_response_id, "previous_response_id", parseText);
  const told = parseOptional(instructions, "instructions", parseText);
  const asked = parseText(model, "model");
  // what is left out of a summary needs no word
  const dialogue = createConversation({ ...sources, warn() {} });
  const before = previousId === undefined ? [] : sources.findConversation(previousId);
  for (const item of before) dialogue.take(item, "previous_response_id");
  for (const [index, item] of readInput(input).entries()) dialogue.take(item, `input[${index}]`);
  if (dialogue.messages.length === 0) throw wrong("input", "a text, or at least one item");
  const messages: ChatMessage[] = [
    { role: "system", content: told === undefined ? INSTRUCTIONS : `${INSTRUCTIONS}\n\n${told}` },
    { role: "user", content: formatTranscript(dialogue.messages) },
  ];
  return {
    chat: { model: asked, messages },
    stream: false,
    openStream() {
      throw new Error("a compaction is not streamed");
    },
    openAnswer: () => ({
      take() {},
      format: ({ text, usage }) => ({
        id: createId("resp"),
        object: "response.compaction",
        created_at: Math.floor(Date.now() / 1000),
        output: [{ type: "compaction", id: createId("cmp"), encrypted_content: seal.close(text) }],
        usage: formatUsage(usage ?? {}),
      }),
    }),
  };
}

/** The conversation as one text, calls included: servers refuse tools that the request does not declare. */
function formatTranscript(messages: readonly ChatMessage[]): string {
  const spoken = messages.map((message): ChatMessage => {
    const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
    const called = calls.map(({ name, arguments: text }) => `[calls ${name} with ${text}]`);
    return {
      ...message,
      content: [messageText(message), ...called].filter((text) => text !== "").join("\n"),
    };
  });
  return formatPrompt(spoken);
}
