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
    botId: parseId(provider, "botId", botId),
    postId: parseId(provider, "postId", postId),
    history,
  };
}

/** Whether this is the id of a bot or of a post. */
export function isId(value: unknown): value is number | string {
  return (typeof value === "number" || typeof value === "string") && /^\d{1,12}$/.test(String(value));
}

/** Whether this is an object with an id for each model. */
export function isIdByModel(value: unknown): value is Readonly<Record<string, number | string>> {
  return typeof value === "object" && value !== null && Object.values(value).every(isId);
}

/** Whether this is a time that something may be kept. */
export function isAge(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}

function parseId(provider: string, name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (isId(value)) return String(value);
  const given = quote(JSON.stringify(value) ?? "");
  throw new ChatError("bad-request", `option \`${name}\` is ${given}, expected digits`, { provider });
}
