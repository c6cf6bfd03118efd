import type { ProviderSettings } from "@fallthrough/core";
import { defineProvider, formatPrompt, type ProviderFactory, wishWarnings } from "@fallthrough/core/provider";
import { manifestOf } from "./manifest.ts";
import { parsePart } from "./protocol.ts";

const manifest = manifestOf("events", "Events");

/** A provider whose server sends one JSON object in each event. */
export const createEvents: ProviderFactory<ProviderSettings> = defineProvider(
  { manifest, origin: "https://events.example" },
  ({ card, http }) => ({
    async *stream(request) {
      yield* wishWarnings(card, request);
      const body = { model: request.model, prompt: formatPrompt(request.messages) };
      const response = await http({ method: "POST", path: "/say", body, signal: request.signal });
      for await (const { data } of response.events()) {
        const part = parsePart(data, "POST /say");
        yield part;
        if (part.type === "finish") return;
      }
    },
  }),
);
