import type { ProviderSettings } from "@fallthrough/core";
import { defineProvider, formatPrompt, type ProviderFactory, wishWarnings } from "@fallthrough/core/provider";
import { manifestOf } from "./manifest.ts";
import { parsePart } from "./protocol.ts";

const manifest = manifestOf("ndjson", "NDJSON");

/** A provider whose server writes one JSON object in each line. */
export const createNdjson: ProviderFactory<ProviderSettings> = defineProvider(
  { manifest, origin: "https://ndjson.example" },
  ({ card, http }) => ({
    async *stream(request) {
      yield* wishWarnings(card, request);
      const prompt = formatPrompt(request.messages);
      const body = { model: request.model, prompt };
      const response = await http({ method: "POST", path: "/say", body, signal: request.signal });
      let begun = false;
      for await (const line of response.lines()) {
        // a body that was cut ends within a line
        if (begun && !line.endsWith("}")) return;
        const part = parsePart(line, "POST /say");
        begun = true;
        yield part;
        if (part.type === "finish") return;
      }
    },
  }),
);
