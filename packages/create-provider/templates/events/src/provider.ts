import type { ProviderSettings, StreamPart } from "@fallthrough/core";
import { defineProvider, formatPrompt, type ProviderFactory, wishWarnings } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { isEnd, PATH, parseEvent } from "./protocol.ts";

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
      for await (const { data } of response.events()) {
        if (isEnd(data)) {
          yield { type: "finish", finishReason: "stop" };
          return;
        }
        const delta = parseEvent(data);
        if (delta !== "") yield { type: "text-delta", delta };
      }
      // without its end marker the answer was cut: core tells that to the caller
    },
  }),
);
