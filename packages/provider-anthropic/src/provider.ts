import type { ProviderSettings } from "@fallthrough/core";
import {
  defineProvider,
  type ProviderFactory,
  readModelPage,
  serviceMethods,
} from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { MessageReader } from "./answer.ts";
import { formatBody, TOOL_CALL_ID } from "./body.ts";
import { CONCESSIONS, WISHES } from "./wishes.ts";

const ORIGIN = "https://api.anthropic.com";
/** Takes all that the newest version takes, and the sampling settings beside. */
const VERSION = "2023-06-01";
const PAGE_SIZE = "1000";

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
    const { http, settings } = parts;
    // programs write the base URL of such servers in both ways
    const version = new URL(http.baseURL).pathname.endsWith("/v1") ? "" : "/v1";
    return serviceMethods(parts, {
      name: "messages",
      key: { variables: ["ANTHROPIC_API_KEY"], header: "x-api-key" },
      wishes: WISHES,
      toolCallIds: TOOL_CALL_ID,
      concessions: CONCESSIONS,
      format: (request, target) => ({
        path: `${version}/messages`,
        ...formatBody(request, target, settings.maxOutputTokens),
      }),
      read: (draft) => new MessageReader(draft),
      askModels: (after_id) => ({ path: `${version}/models`, query: { limit: PAGE_SIZE, after_id } }),
      readModels: (value) =>
        readModelPage(value, {
          list: "data",
          model: ({ id, max_input_tokens: contextWindow }) => ({ id, contextWindow }),
          next: ({ has_more, last_id }) => (has_more === true ? last_id : undefined),
        }),
    });
  },
);
