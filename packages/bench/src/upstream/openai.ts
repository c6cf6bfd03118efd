import { createRandom } from "../random.ts";
import type { Answer } from "./answer.ts";
import { textOf, textsOf } from "./text.ts";

const HEAD = { id: "chatcmpl-8f3a1c5e7b9d2046", created: 1_764_000_000, model: "bench-model" };
const PADDING = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789";

/** The events of a chat completions stream: a role, the text, a finish reason, the usage and the end marker. */
export function openaiEvents(answer: Answer): readonly string[] {
  const random = createRandom(answer.events ?? 1);
  const frame = (choices: readonly object[], usage: object | null = null): string => {
    const chunk = { ...HEAD, object: "chat.completion.chunk", system_fingerprint: null, choices, usage };
    const padded =
      answer.text === "obfuscated" ? { ...chunk, obfuscation: PADDING.slice(random(PADDING.length)) } : chunk;
    return `data: ${JSON.stringify(padded)}\n\n`;
  };
  const choice = (delta: object, finish_reason: string | null = null): object => ({
    index: 0,
    delta,
    logprobs: null,
    finish_reason,
  });
  return [
    frame([choice({ role: "assistant", content: "", refusal: null })]),
    ...textsOf(answer).map((content) => frame([choice({ content })])),
    frame([choice({}, "stop")]),
    frame([], usageOf(answer)),
    "data: [DONE]\n\n",
  ];
}

/** A chat completion as one JSON value. */
export function openaiJson(answer: Answer): string {
  const message = { role: "assistant", content: textOf(answer), refusal: null, annotations: [] };
  return JSON.stringify({
    ...HEAD,
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
    usage: usageOf(answer),
    system_fingerprint: null,
  });
}

function usageOf({ events = 1 }: Answer): object {
  return { prompt_tokens: 9, completion_tokens: events, total_tokens: events + 9 };
}
