import { ChatError, type ProviderSettings } from "@fallthrough/core";
import {
  type CumulativeFormat,
  cumulativeParts,
  defineProvider,
  fieldsOf,
  formatPrompt,
  type ProviderFactory,
  parseJson,
  partLists,
  wishWarnings,
} from "@fallthrough/core/provider";
import { manifestOf } from "./manifest.ts";

const manifest = manifestOf("cumulative", "Cumulative");

/** Each event repeats the whole text so far. */
const FORMAT: CumulativeFormat = {
  what: "POST /say",
  head: /^\{"id":"[\w-]+"/,
  parse({ data }) {
    const { id, said, done } = fieldsOf(parseJson(data, "POST /say"));
    if (typeof id !== "string" || typeof said !== "string") {
      throw new ChatError("server", "POST /say gave an event without `said`");
    }
    return { id, text: said, finishReason: done === true ? "stop" : undefined };
  },
};

/** A provider whose server repeats in each event what it said before. */
export const createCumulative: ProviderFactory<ProviderSettings> = defineProvider(
  { manifest, origin: "https://cumulative.example" },
  ({ card, http }) => ({
    stream: (request) =>
      partLists(async () => {
        const warnings = [...wishWarnings(card, request)];
        const body = { model: request.model, prompt: formatPrompt(request.messages) };
        const response = await http({ method: "POST", path: "/say", body, signal: request.signal });
        return cumulativeParts(response.eventGroups({ cumulative: true }), FORMAT, warnings);
      }),
  }),
);
