import { ChatError, type ProviderSettings } from "@fallthrough/core";
import {
  defineProvider,
  fieldsOf,
  formatPrompt,
  type ProviderFactory,
  wishWarnings,
} from "@fallthrough/core/provider";
import { manifestOf } from "./manifest.ts";

const manifest = manifestOf("json", "JSON");

/** A provider whose server answers with one JSON text. */
export const createJson: ProviderFactory<ProviderSettings> = defineProvider(
  { manifest, origin: "https://json.example" },
  ({ card, http }) => ({
    async *stream(request) {
      yield* wishWarnings(card, request);
      const body = { model: request.model, prompt: formatPrompt(request.messages) };
      const response = await http({ method: "POST", path: "/say", body, signal: request.signal });
      const { said } = fieldsOf(await response.json());
      if (typeof said !== "string") throw new ChatError("protocol", "POST /say answered without `said`");
      yield { type: "text-delta", delta: said };
      yield { type: "finish", finishReason: "stop" };
    },
  }),
);
