import { createAnthropic } from "@fallthrough/provider-anthropic";
import { SECRET } from "../wire-provider.ts";
import { eventOf, type Protocol } from "./protocol.ts";

const REASONS = { stop: "end_turn", length: "max_tokens", filter: "refusal" } as const;

function event(type: string, fields: object = {}): string {
  return eventOf({ type, ...fields }, type);
}

function start(index: number, content_block: object): string {
  return event("content_block_start", { index, content_block });
}

function delta(index: number, fields: object): string {
  return event("content_block_delta", { index, delta: fields });
}

function stop(index: number): string {
  return event("content_block_stop", { index });
}

/** Anthropic's Messages, as provider-anthropic reads them. */
export const MESSAGES: Protocol = {
  name: "Messages",
  provider: (id, baseURL, settings) =>
    createAnthropic({ id, baseURL, apiKey: SECRET, models: [{ id: "m" }], ...settings }),
  preamble: [
    event("message_start", { message: { id: "msg_1", usage: { input_tokens: 1, output_tokens: 1 } } }),
    event("ping"),
    start(0, { type: "text", text: "" }),
  ].join(""),
  text: (text) => delta(0, { type: "text_delta", text }),
  thought: (thinking) =>
    start(1, { type: "thinking", thinking: "", signature: "" }) +
    delta(1, { type: "thinking_delta", thinking }) +
    delta(1, { type: "signature_delta", signature: "s" }) +
    stop(1),
  cutCall: (partial_json) =>
    start(1, { type: "tool_use", id: "a", name: "add", input: {} }) +
    delta(1, { type: "input_json_delta", partial_json }),
  end: (reason, model) =>
    (model === undefined ? "" : event("message_start", { message: { model } })) +
    event("message_delta", { delta: { stop_reason: REASONS[reason] }, usage: { output_tokens: 9 } }) +
    event("message_stop"),
  error: (kind) =>
    event("error", {
      error: { type: kind === "limit" ? "rate_limit_error" : "overloaded_error", message: "no" },
    }),
  nothing: [event("ping"), event("hint"), delta(7, { type: "hint_delta" }), delta(0, { type: "text_delta" })],
  whole: (text) => ({ type: "message", content: [{ type: "text", text }], stop_reason: "end_turn" }),
  hasMarker: true,
};
