import type { JsonObject } from "@fallthrough/core";

/** The field in the data of a message that keeps its layout. */
export const LAYOUT = "layout";

/**
 * The blocks of an answer in their order, noted where it is not the usual one.
 *
 * A number is so many characters of the text, an object a block that the contract does not know.
 */
export type Layout = readonly ("thinking" | "tool_use" | number | JsonObject)[];

/** Whether these blocks stand as they would without a note: thoughts, then text, then calls. */
export function isUsual(layout: Layout): boolean {
  const ranks = layout.map((block) =>
    block === "thinking" ? 0 : typeof block === "number" ? 1 : block === "tool_use" ? 2 : 3,
  );
  return ranks.every((rank, index) => rank < 3 && rank >= (ranks[index - 1] ?? 0));
}
