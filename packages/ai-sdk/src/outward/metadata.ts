import type {
  JSONObject,
  LanguageModelV3FinishReason,
  LanguageModelV3Usage,
  SharedV3ProviderMetadata,
  SharedV3Warning,
} from "@ai-sdk/provider";
import type { FinishReason, ProviderData, Route, Usage, Warning } from "@fallthrough/core";

/** What a part of an answer carries for its provider, and brings back in the next request. */
export interface CarriedData {
  /** What belongs to the part itself. */
  readonly providerData?: ProviderData | undefined;
  /** What belongs to the whole message; it travels on the last part, because the AI SDK keeps nothing for messages. */
  readonly messageData?: ProviderData | undefined;
}

/** The metadata of a part; none where it carries nothing. */
export function carry({ providerData, messageData }: CarriedData): {
  providerMetadata?: SharedV3ProviderMetadata;
} {
  if (providerData === undefined && messageData === undefined) return {};
  const carried = {
    ...(providerData === undefined ? {} : { providerData }),
    ...(messageData === undefined ? {} : { messageData }),
  };
  return { providerMetadata: { fallthrough: carried as JSONObject } };
}

/** What a part of a prompt brings back; all else in it is checked with the request. */
export function readCarried(options: SharedV3ProviderMetadata | undefined): CarriedData {
  const { providerData, messageData } = (options?.["fallthrough"] ?? {}) as CarriedData;
  return { providerData, messageData };
}

/** The metadata of the call as a whole: who was asked, and the warnings that came too late for the beginning. */
export function callMetadata(route: Route, warnings: readonly Warning[]): SharedV3ProviderMetadata {
  const late =
    warnings.length === 0 ? {} : { warnings: warnings.map(({ code, message }) => ({ code, message })) };
  return { fallthrough: { route: plain(route), ...late } };
}

/** The reason of the end, with the server's own word. */
export function endReason(unified: FinishReason, raw: string | undefined): LanguageModelV3FinishReason {
  return { unified, raw };
}

/** The counts, each unknown where the server told none. */
export function countsOf(usage: Usage = {}): LanguageModelV3Usage {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = usage;
  return {
    inputTokens: {
      total: inputTokens,
      noCache: without(inputTokens, cachedInputTokens),
      cacheRead: cachedInputTokens,
      cacheWrite: undefined,
    },
    outputTokens: {
      total: outputTokens,
      text: without(outputTokens, reasoningTokens),
      reasoning: reasoningTokens,
    },
    ...(Object.keys(usage).length === 0 ? {} : { raw: plain(usage) }),
  };
}

/** Our warnings name what they speak of in their own sentence. */
const WISH = "a wish of the request";

/** A warning as the AI SDK prints it. */
export function warningOf({ code, message }: Warning): SharedV3Warning {
  if (code === "unsupported") return { type: "unsupported", feature: WISH, details: message };
  if (code === "adjusted") return { type: "compatibility", feature: WISH, details: message };
  return { type: "other", message };
}

function without(total: number | undefined, part: number | undefined): number | undefined {
  return total === undefined || part === undefined ? undefined : Math.max(0, total - part);
}

/** JSON alone, without what is undefined. */
function plain(value: object): JSONObject {
  return JSON.parse(JSON.stringify(value));
}
