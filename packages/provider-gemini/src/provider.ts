import type { ProviderSettings } from "@fallthrough/core";
import {
  defineProvider,
  type ProviderFactory,
  readModelPage,
  serviceMethods,
  textOf,
} from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { ContentReader } from "./answer.ts";
import { formatBody } from "./body.ts";
import { CONCESSIONS, WISHES } from "./wishes.ts";

const ORIGIN = "https://generativelanguage.googleapis.com";
const VERSION = "/v1beta";
const PAGE_SIZE = "1000";

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
    const { http } = parts;
    // programs write the base URL of such servers in both ways
    const version = /\/v\d\w*$/.test(http.baseURL) ? "" : VERSION;
    return serviceMethods(parts, {
      name: "generate-content",
      key: { variables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"], header: "x-goog-api-key" },
      wishes: WISHES,
      concessions: CONCESSIONS,
      format: (request, target) => ({
        path: `${version}/${pathOf(target.model)}:streamGenerateContent`,
        // without it the answer is one list
        query: { alt: "sse" },
        ...formatBody(request, target),
      }),
      read: (draft) => new ContentReader(draft),
      askModels: (pageToken) => ({ path: `${version}/models`, query: { pageSize: PAGE_SIZE, pageToken } }),
      readModels: (value) =>
        readModelPage(value, {
          list: "models",
          optional: true,
          model: ({ name, inputTokenLimit: contextWindow, supportedGenerationMethods: methods }) =>
            Array.isArray(methods) && !methods.includes("generateContent")
              ? undefined
              : { id: textOf(name).replace(/^models\//, ""), contextWindow },
          next: ({ nextPageToken }) => nextPageToken,
        }),
    });
  },
);

/** Lists name a model with its collection, people mostly without. */
function pathOf(model: string): string {
  const [, collection = "models", name = model] = /^(models|tunedModels)\/([^/]+)$/.exec(model) ?? [];
  return `${collection}/${encodeURIComponent(name)}`;
}
