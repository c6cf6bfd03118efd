import { ChatError, type ProviderSettings } from "@fallthrough/core";
import { defineProvider, formatPrompt, type ProviderFactory, wishWarnings } from "@fallthrough/core/provider";
import { manifestOf } from "./manifest.ts";

const manifest = manifestOf("plain-text", "Plain text");
const START = "+OK\n";
const END = "\n.\n";

/** A provider whose server writes text alone, between a first line and a last one. */
export const createPlainText: ProviderFactory<ProviderSettings> = defineProvider(
  { manifest, origin: "https://text.example" },
  ({ card, http }) => ({
    async *stream(request) {
      yield* wishWarnings(card, request);
      const body = { model: request.model, prompt: formatPrompt(request.messages) };
      const response = await http({ method: "POST", path: "/say", body, signal: request.signal });
      const decoder = new TextDecoder();
      let begun = false;
      let text = "";
      for await (const bytes of response.bytes()) {
        text += decoder.decode(bytes, { stream: true });
        if (!begun) {
          if (text.length < START.length && START.startsWith(text)) continue;
          if (!text.startsWith(START)) throw new ChatError("protocol", "POST /say answered without +OK");
          text = text.slice(START.length);
          begun = true;
        }
        const end = text.indexOf(END);
        // the end may come in pieces
        const said = text.slice(0, end === -1 ? 1 - END.length : end);
        yield { type: "text-delta", delta: said };
        text = text.slice(said.length);
        if (end === -1) continue;
        yield { type: "finish", finishReason: "stop" };
        return;
      }
    },
  }),
);
