import type { ProviderSettings, StreamPart } from "@fallthrough/core";
import { defineProvider, formatPrompt, type ProviderFactory, wishWarnings } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { PATH, parseLine } from "./protocol.ts";

const ORIGIN = "https://my-site.example";

/** Creates a provider for My Site. */
export const createMySite: ProviderFactory<ProviderSettings> = defineProvider(
  { manifest, origin: ORIGIN },
  ({ card, http }) => ({
    async *stream(request) {
      yield* wishWarnings(card, request);
      const warnings: StreamPart[] = [];
      const prompt = formatPrompt(request.messages, (message) =>
        warnings.push({ type: "warning", code: "unsupported", message }),
      );
      yield* warnings;

      const body = { model: request.model, prompt };
      const response = await http({ method: "POST", path: PATH, body, signal: request.signal });
      let begun = false;
      for await (const line of response.lines()) {
        // a body that was cut ends within a line
        if (begun && !line.endsWith("}")) return;
        const { text, done } = parseLine(line);
        begun = true;
        if (text !== "") yield { type: "text-delta", delta: text };
        if (!done) continue;
        yield { type: "finish", finishReason: "stop" };
        return;
      }
      // without its last line the answer was cut: core tells that to the caller
    },
  }),
);
