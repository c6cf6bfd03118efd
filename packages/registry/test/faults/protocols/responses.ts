import { createOpenAI } from "@fallthrough/provider-openai";
import { SECRET } from "../wire-provider.ts";
import { eventOf, type Protocol } from "./protocol.ts";

const REASONS = { stop: undefined, length: "max_output_tokens", filter: "content_filter" } as const;

function event(type: string, fields: object): string {
  return eventOf({ type, ...fields }, type);
}

function item(output_index: number, fields: object): string {
  return event("response.output_item.added", { output_index, item: fields });
}

/** OpenAI's Responses, as provider-openai reads them. */
export const RESPONSES: Protocol = {
  name: "Responses",
  provider: (id, baseURL, settings) =>
    createOpenAI({ api: "responses", id, baseURL, apiKey: SECRET, models: [{ id: "m" }], ...settings }),
  preamble:
    event("response.created", { response: { id: "resp_1", status: "in_progress", error: null } }) +
    item(0, { type: "message", id: "msg_1", content: [] }),
  text: (delta) => event("response.output_text.delta", { output_index: 0, item_id: "msg_1", delta }),
  thought: (delta) =>
    item(1, { type: "reasoning", id: "rs_1", summary: [] }) +
    event("response.reasoning_summary_text.delta", { output_index: 1, summary_index: 0, delta }),
  cutCall: (delta) =>
    item(1, { type: "function_call", id: "fc_1", call_id: "a", name: "add", arguments: "" }) +
    event("response.function_call_arguments.delta", { output_index: 1, delta }),
  end(reason, model) {
    const told = REASONS[reason];
    const status = told === undefined ? "completed" : "incomplete";
    const incomplete_details = told === undefined ? null : { reason: told };
    return event(`response.${status}`, { response: { status, incomplete_details, output: [], model } });
  },
  error: (kind) =>
    event("error", { code: kind === "limit" ? "rate_limit_exceeded" : "server_error", message: "no" }),
  nothing: [
    event("response.in_progress", { response: { status: "in_progress" } }),
    event("response.hint", { output_index: 0 }),
    event("response.output_text.delta", { output_index: 0, delta: null }),
  ],
  whole: (text) => ({
    status: "completed",
    output: [{ type: "message", content: [{ type: "output_text", text }] }],
  }),
  hasMarker: true,
};
