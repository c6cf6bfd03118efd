import type { ProviderSettings } from "@fallthrough/core";
import { defineProvider, formatPrompt, type ProviderFactory, wishWarnings } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { END_MARKER, parseWord } from "./protocol.ts";

const ORIGIN = "http://127.0.0.1:8123";

/** Creates a provider for the parrot. */
export const createParrot: ProviderFactory<ProviderSettings> = defineProvider(
  { manifest, origin: ORIGIN },
  ({ card, http }) => ({
    async *stream(request) {
      yield* wishWarnings(card, request);
      const prompt = formatPrompt(request.messages);
      const response = await http({ method: "POST", path: "/say", body: { prompt }, signal: request.signal });
      for await (const { data } of response.events()) {
        if (data === END_MARKER) {
          yield { type: "finish", finishReason: "stop" };
          return;
        }
        yield { type: "text-delta", delta: parseWord(data) };
      }
    },
  }),
);
