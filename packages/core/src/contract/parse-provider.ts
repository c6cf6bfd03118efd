import { ChatError } from "../errors/chat-error.ts";
import type { ChatProvider } from "./contract.ts";
import { kindOf } from "./parse-fields.ts";

/** The provider in this value, as it is; `place` begins the error: @throws `config` that says what else it is */
export function parseProvider(value: unknown, place: string): ChatProvider {
  const problem = problemOf(value);
  if (problem === undefined) return value as ChatProvider;
  throw new ChatError("config", `${place} ${problem}`);
}

function problemOf(value: unknown): string | undefined {
  try {
    if (typeof value === "function")
      return `the factory${nameOf(value)}, expected a provider: call it, \`create…()\``;
    if (typeof value !== "object" || value === null) return `${kindOf(value)}, expected a provider`;
    const { id, models, status, stream } = value as Partial<ChatProvider>;
    if (typeof stream !== "function") return `${kindOf(value)} without a \`stream\`, expected a provider`;
    if (typeof id !== "string") return "a provider without an `id`, expected one with a card";
    if (!Array.isArray(models)) return "a provider without `models`, expected one with a card";
    if (typeof status !== "object" || status === null)
      return "a provider without a `status`, expected one with a card";
    return undefined;
  } catch {
    return "what could not be read, expected a provider";
  }
}

function nameOf({ name }: { readonly name?: unknown }): string {
  return typeof name === "string" && /^\w{1,64}$/.test(name) ? ` \`${name}\`` : "";
}
