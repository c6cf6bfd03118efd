import type { ChatProvider } from "./contract.ts";
import {
  type FieldParser,
  FieldProblem,
  fieldProblem,
  kindOf,
  listOf,
  objectOf,
  parseText,
} from "./parse-fields.ts";

/** What everybody reads of a card; a later minor version may know more, and other words. */
interface ReadCard {
  readonly name: string;
  readonly models: { readonly id: string; readonly aliases?: string[] | undefined }[];
  readonly status: { readonly state: string; readonly checked: string; readonly note: string };
}

const readCard: FieldParser<ReadCard> = objectOf<ReadCard>(
  {
    name: parseText,
    models: listOf(objectOf({ id: parseText, aliases: listOf(parseText) }, { required: ["id"], open: true })),
    status: objectOf({ state: parseText, checked: parseText, note: parseText }, { open: true }),
  },
  { open: true },
);

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
    const { id, name, models, status, stream } = value as Partial<ChatProvider>;
    if (typeof stream !== "function")
      return fieldProblem(`is ${kindOf(value)} without a \`stream\``, "a provider");
    if (typeof id !== "string") return fieldProblem("is a provider without an `id`", "one with a card");
    if (!Array.isArray(models)) return fieldProblem("is a provider without `models`", "one with a card");
    if (typeof status !== "object" || status === null)
      return fieldProblem("is a provider without a `status`", "one with a card");
    const { state, checked, note } = status;
    readCard({ name, models, status: { state, checked, note } });
    return undefined;
  } catch (thrown) {
    return thrown instanceof FieldProblem ? thrown : fieldProblem("could not be read", "a provider");
  }
}

function nameOf({ name }: { readonly name?: unknown }): string {
  return typeof name === "string" && /^\w{1,64}$/.test(name) ? ` \`${name}\`` : "";
}
