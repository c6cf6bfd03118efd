import type { ProviderSettings } from "@fallthrough/core";
import { defineProvider, type ProviderFactory, serviceMethods } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { createAnswerReader } from "./answer.ts";
import { FIXED_FIELDS, formatBody } from "./body.ts";
import { readModels } from "./models.ts";
import { CONCESSIONS, HONOURED } from "./wishes.ts";

const ORIGIN = "https://generativelanguage.googleapis.com";
const VERSION = "/v1beta";
const PAGE = { pageSize: "1000" };

/** The settings of `createGemini`. */
export interface GeminiSettings extends ProviderSettings {
  /** Sent as `x-goog-api-key`. */
  readonly apiKey?: string | readonly string[] | undefined;
  /** The environment variable to read the key from. @default "GEMINI_API_KEY", then "GOOGLE_API_KEY"; none with another `baseURL` */
  readonly apiKeyEnv?: string | undefined;
}

/**
 * Creates a provider for Gemini, or for any server that speaks its API.
 *
 * @example
 * const gemini = createGemini();
 */
export const createGemini: ProviderFactory<GeminiSettings> = defineProvider(
  { manifest, origin: ORIGIN, settings: { apiKey: "key", apiKeyEnv: "string" } },
  (parts) => {
    const { card, http } = parts;
    // programs write the base URL of such servers in both ways
    const version = /\/v\d\w*$/.test(http.baseURL) ? "" : VERSION;
    return serviceMethods(parts, {
      name: "generate-content",
      key: { variables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"], header: "x-goog-api-key" },
      known: { honours: HONOURED, options: ["extraBody"] },
      fixed: FIXED_FIELDS,
      concessions: CONCESSIONS,
      format: (request, model, extraBody) => ({
        path: `${version}/${pathOf(model)}:streamGenerateContent`,
        // without it the answer is one list
        query: { alt: "sse" },
        body: formatBody(request, { provider: card.id, model, extraBody }),
      }),
      read: createAnswerReader,
      askModels: (next) => ({
        path: `${version}/models`,
        query: next === undefined ? PAGE : { ...PAGE, pageToken: next },
      }),
      readModels,
    });
  },
);

/** Lists name a model with its collection, people mostly without. */
function pathOf(model: string): string {
  const [, collection = "models", name = model] = /^(models|tunedModels)\/([^/]+)$/.exec(model) ?? [];
  return `${collection}/${encodeURIComponent(name)}`;
}
