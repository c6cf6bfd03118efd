import { createGemini } from "@fallthrough/provider-gemini";
import { SECRET } from "../wire-provider.ts";
import { eventOf, type Protocol } from "./protocol.ts";

const REASONS = { stop: "STOP", length: "MAX_TOKENS", filter: "SAFETY" } as const;

function contentOf(parts: readonly object[], more: object = {}): object {
  return { candidates: [{ index: 0, content: { role: "model", parts }, ...more }] };
}

/** Gemini's `generateContent`, as provider-gemini reads it. */
export const GENERATE_CONTENT: Protocol = {
  name: "generateContent",
  provider: (id, baseURL, settings) =>
    createGemini({ id, baseURL, apiKey: SECRET, models: [{ id: "m" }], ...settings }),
  preamble: eventOf({ ...contentOf([{ text: "" }]), usageMetadata: { promptTokenCount: 1 } }),
  text: (text) => eventOf(contentOf([{ text }])),
  thought: (text) => eventOf(contentOf([{ text, thought: true }])),
  cutCall: () => undefined,
  end: (reason, modelVersion) =>
    eventOf({ ...contentOf([], { finishReason: REASONS[reason] }), usageMetadata: {}, modelVersion }),
  error: (kind) =>
    eventOf({
      error:
        kind === "limit"
          ? { code: 429, message: "no", status: "RESOURCE_EXHAUSTED" }
          : { code: 503, message: "no", status: "UNAVAILABLE" },
    }),
  nothing: [
    eventOf({ extra: [1], candidates: [] }),
    eventOf({ usageMetadata: { totalTokenCount: 3 } }),
    eventOf(contentOf([{ text: null }, { hint: {} }])),
  ],
  whole: (text) => contentOf([{ text }], { finishReason: "STOP" }),
  hasMarker: false,
};
