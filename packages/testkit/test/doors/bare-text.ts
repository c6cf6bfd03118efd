import type { ProviderSettings } from "@fallthrough/core";
import { defineProvider, formatPrompt, type ProviderFactory, wishWarnings } from "@fallthrough/core/provider";
import { manifestOf } from "./manifest.ts";

const manifest = manifestOf("bare-text", "Bare text");

/** A provider whose server writes its answer and nothing else. */
export const createBareText: ProviderFactory<ProviderSettings> = defineProvider(
  { manifest, origin: "https://bare.example" },
  ({ card, http }) => ({
    async *stream(request) {
      yield* wishWarnings(card, request);
      const body = { model: request.model, prompt: formatPrompt(request.messages) };
      const response = await http({ method: "POST", path: "/say", body, signal: request.signal });
      const decoder = new TextDecoder();
      for await (const bytes of response.bytes()) {
        yield { type: "text-delta", delta: decoder.decode(bytes, { stream: true }) };
      }
      yield { type: "text-delta", delta: decoder.decode() };
      yield { type: "finish", finishReason: "stop" };
    },
  }),
);
