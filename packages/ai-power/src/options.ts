import { ChatError, type ChatRequest } from "@fallthrough/core";
import { quote } from "@fallthrough/core/provider";

/** What a call may set for its provider, checked. */
export interface TurnOptions {
  readonly botId?: string | undefined;
  readonly postId?: string | undefined;
  readonly history: "flatten" | "field";
}

/** The names of the options in `providerOptions`. */
export const OPTION_NAMES = ["botId", "postId", "history"] as const;

/** The options of one call; @throws `bad-request` */
export function parseOptions(provider: string, { providerOptions }: ChatRequest): TurnOptions {
  const { botId, postId, history = "flatten" } = providerOptions?.[provider] ?? {};
  if (history !== "flatten" && history !== "field") {
    const given = quote(String(history));
    throw new ChatError("bad-request", `option \`history\` is ${given}, expected flatten or field`, {
      provider,
    });
  }
  return {
    botId: parseId(provider, "option `botId`", "bad-request", botId),
    postId: parseId(provider, "option `postId`", "bad-request", postId),
    history,
  };
}

/** The digits of a bot or post id given as number or text; @throws `code` for anything else */
export function parseId(
  provider: string,
  what: string,
  code: "bad-request" | "config",
  value: unknown,
): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === "number" || typeof value === "string" ? String(value) : "";
  if (/^\d{1,12}$/.test(text)) return text;
  throw new ChatError(code, `${what} is ${quote(JSON.stringify(value) ?? "")}, expected digits`, {
    provider,
  });
}
