import type { ChatProvider } from "./contract.ts";
import { type FieldProblem, fieldProblem, kindOf } from "./parse-fields.ts";

/** The provider in this value, as it is; @throws `FieldProblem` that says what else it is */
export function parseProvider(value: unknown): ChatProvider {
  const problem = problemOf(value);
  if (problem === undefined) return value as ChatProvider;
  throw problem;
}

function problemOf(value: unknown): FieldProblem | undefined {
  try {
    if (typeof value === "function")
      return fieldProblem(`is the factory${nameOf(value)}`, "a provider: call it, `create…()`");
    if (typeof value !== "object" || value === null) return fieldProblem(`is ${kindOf(value)}`, "a provider");
    const { id, models, status, stream } = value as Partial<ChatProvider>;
    if (typeof stream !== "function")
      return fieldProblem(`is ${kindOf(value)} without a \`stream\``, "a provider");
    if (typeof id !== "string") return fieldProblem("is a provider without an `id`", "one with a card");
    if (!Array.isArray(models)) return fieldProblem("is a provider without `models`", "one with a card");
    if (typeof status !== "object" || status === null)
      return fieldProblem("is a provider without a `status`", "one with a card");
    return undefined;
  } catch {
    return fieldProblem("could not be read", "a provider");
  }
}

function nameOf({ name }: { readonly name?: unknown }): string {
  return typeof name === "string" && /^\w{1,64}$/.test(name) ? ` \`${name}\`` : "";
}
