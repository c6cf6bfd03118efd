import type { ProviderSettings } from "@fallthrough/core";
import { defineProvider, type ProviderFactory, serviceMethods } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { createAnswerReader } from "./answer.ts";
import { FIXED_FIELDS, formatBody } from "./body.ts";
import { readModels } from "./models.ts";
import { adjustedWishes, CONCESSIONS, HONOURED } from "./wishes.ts";

const ORIGIN = "https://api.anthropic.com";
/** Takes all that the newest version takes, and the sampling settings beside. */
const VERSION = "2023-06-01";
const PAGE = { limit: "1000" };

/** The settings of `createAnthropic`. */
export interface AnthropicSettings extends ProviderSettings {
  /** Sent as `x-api-key`. */
  readonly apiKey?: string | readonly string[] | undefined;
  /** The environment variable to read the key from. @default "ANTHROPIC_API_KEY"; none with another `baseURL` */
  readonly apiKeyEnv?: string | undefined;
  /** Tokens of an answer where the request names none: the protocol wants a number. @default 8192; 32000 to think */
  readonly maxOutputTokens?: number | undefined;
}

/**
 * Creates a provider for Anthropic, or for any server that speaks its Messages API.
 *
 * @example
 * const anthropic = createAnthropic();
 */
export const createAnthropic: ProviderFactory<AnthropicSettings> = defineProvider(
  {
    manifest,
    origin: ORIGIN,
    headers: { "anthropic-version": VERSION },
    settings: { apiKey: "key", apiKeyEnv: "string", maxOutputTokens: "number" },
  },
  (parts) => {
    const { card, http, settings } = parts;
    // programs write the base URL of such servers in both ways
    const version = new URL(http.baseURL).pathname.endsWith("/v1") ? "" : "/v1";
    return serviceMethods(parts, {
      name: "messages",
      key: { variables: ["ANTHROPIC_API_KEY"], header: "x-api-key" },
      known: { honours: HONOURED, options: ["extraBody"] },
      fixed: FIXED_FIELDS,
      concessions: CONCESSIONS,
      format: (request, model, extraBody) => ({
        path: `${version}/messages`,
        body: formatBody(request, {
          provider: card.id,
          model,
          maxOutputTokens: settings.maxOutputTokens,
          extraBody,
        }),
        warnings: adjustedWishes(request),
      }),
      read: createAnswerReader,
      askModels: (next) => ({
        path: `${version}/models`,
        query: next === undefined ? PAGE : { ...PAGE, after_id: next },
      }),
      readModels,
    });
  },
);
