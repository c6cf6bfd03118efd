import type { JsonObject } from "@fallthrough/core";

/** One block of an answer, where a model wants it back as it was. */
export type LaidBlock =
  | { readonly type: "reasoning" }
  | { readonly type: "call" }
  | {
      readonly type: "text";
      /** How many characters of the text. */
      readonly length: number;
      /** What the model wants back with the text. */
      readonly options?: JsonObject | undefined;
    };

/** The field of the data of a message that holds its blocks. */
export const LAYOUT = "layout";

/** Whether this is how a message of the contract is read anyway: thoughts, then one text, then calls. */
export function isUsual(layout: readonly LaidBlock[]): boolean {
  const ranks = layout.map(({ type }) => ["reasoning", "text", "call"].indexOf(type));
  const sorted = ranks.every((rank, index) => index === 0 || rank >= (ranks[index - 1] ?? 0));
  const texts = layout.filter((block) => block.type === "text");
  return sorted && texts.length <= 1 && texts.every((block) => block.options === undefined);
}

/** The blocks of a message, if they fit its content. */
export function readLayout(
  value: unknown,
  counts: { readonly reasoning: number; readonly calls: number; readonly text: number },
): readonly LaidBlock[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const layout = value as readonly LaidBlock[];
  const count = (type: string): number => layout.filter((block) => block.type === type).length;
  const length = layout.reduce((sum, block) => sum + (block.type === "text" ? block.length : 0), 0);
  const fits = count("reasoning") === counts.reasoning && count("call") === counts.calls;
  return fits && length === counts.text ? layout : undefined;
}
