import type { JsonObject } from "../contract/contract.ts";

/**
 * The pieces of an answer in the order in which they came.
 *
 * A number is so many characters of the text, an object a piece that the contract does not know.
 */
export type Layout = readonly ("thought" | "call" | number | JsonObject)[];

/** Whether these pieces stand as they would without a note: thoughts, then text, then calls. */
export function isUsualLayout(layout: Layout): boolean {
  const ranks = layout.map((piece) =>
    piece === "thought" ? 0 : typeof piece === "number" ? 1 : piece === "call" ? 2 : 3,
  );
  return ranks.every((rank, index) => rank < 3 && rank >= (ranks[index - 1] ?? 0));
}

/** The pieces of an answer as a body holds them. */
export interface AnswerPieces {
  /** One for each thought. */
  readonly thoughts: readonly JsonObject[];
  /** The whole text. */
  readonly text: string;
  /** One for each call. */
  readonly calls: readonly JsonObject[];
  /** A piece of the text; `index` counts those that the layout names. */
  formatText(text: string, index: number): readonly JsonObject[];
}

/** The pieces of an answer, in the order of its layout; in the usual one where it has none, or was changed since. */
export function inLayout(
  layout: unknown,
  { thoughts, text, calls, formatText }: AnswerPieces,
): readonly JsonObject[] {
  const usual = [...thoughts, ...formatText(text, 0), ...calls];
  if (!Array.isArray(layout)) return usual;
  const left = { thoughts: [...thoughts], calls: [...calls] };
  let at = 0;
  let index = 0;
  const pieces = (layout as Layout).flatMap((piece): readonly JsonObject[] => {
    if (piece === "thought") return left.thoughts.splice(0, 1);
    if (piece === "call") return left.calls.splice(0, 1);
    if (typeof piece === "object") return [piece];
    const start = at;
    at += piece;
    return formatText(text.slice(start, at), index++);
  });
  const isWhole = left.thoughts.length + left.calls.length === 0 && at === text.length;
  return isWhole ? pieces : usual;
}
