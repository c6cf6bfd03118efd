import { createOpenAI } from "@fallthrough/provider-openai";
import { SECRET } from "../wire-provider.ts";
import { eventOf, type Protocol } from "./protocol.ts";

const REASONS = { stop: "stop", length: "length", filter: "content_filter" } as const;

function chunk(delta: object, finish_reason: string | null = null, more: object = {}): string {
  return eventOf({ id: "c1", choices: [{ index: 0, delta, finish_reason }], ...more });
}

/** Chat completions, as provider-openai reads them. */
export const CHAT_COMPLETIONS: Protocol = {
  name: "chat completions",
  provider: (id, baseURL, settings) =>
    createOpenAI({ id, baseURL, apiKey: SECRET, models: [{ id: "m" }], ...settings }),
  preamble: chunk({ role: "assistant", content: "" }),
  text: (content) => chunk({ content }),
  thought: (reasoning_content) => chunk({ reasoning_content }),
  cutCall: (text) =>
    chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "add", arguments: text } }] }),
  end: (reason, model) => `${chunk({}, REASONS[reason], { model })}data: [DONE]\n\n`,
  error: (kind) =>
    eventOf({ error: { message: "no", code: kind === "limit" ? "rate_limit_exceeded" : "server_error" } }),
  nothing: [
    eventOf({ extra: [1], choices: [] }),
    eventOf({ choices: [], usage: {} }),
    chunk({ content: null }),
  ],
  whole: (content) => ({ choices: [{ message: { role: "assistant", content }, finish_reason: "stop" }] }),
  hasMarker: true,
};
