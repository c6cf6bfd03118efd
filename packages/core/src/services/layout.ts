import type { JsonObject } from "../contract/contract.ts";
import { mergeFields } from "./merge-fields.ts";

/**
 * A piece of an answer: a thought, a call, or so many characters of the text.
 *
 * A pair is a text with fields of its own, and an object a piece that the contract does not know.
 */
export type LayoutPiece =
  | "thought"
  | "call"
  | number
  | readonly [length: number, fields: JsonObject]
  | JsonObject;

/** The pieces of an answer in the order in which they came. */
export type Layout = readonly LayoutPiece[];

/** Whether these pieces are in the order that they have without a note: thoughts, then text, then calls. */
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
  /** A piece of the text. It is blank only where it has fields of its own. */
  formatText(text: string): readonly JsonObject[];
}

/** The pieces of an answer, in the order of its layout; in the usual one where it has none, or was changed since. */
export function inLayout(
  layout: unknown,
  { thoughts, text, calls, formatText }: AnswerPieces,
): readonly JsonObject[] {
  const plain = (piece: string): readonly JsonObject[] => (piece === "" ? [] : formatText(piece));
  const usual = [...thoughts, ...plain(text), ...calls];
  if (!Array.isArray(layout)) return usual;
  const left = { thoughts: [...thoughts], calls: [...calls] };
  let at = 0;
  const pieces = (layout as Layout).flatMap((piece): readonly JsonObject[] => {
    if (piece === "thought") return left.thoughts.splice(0, 1);
    if (piece === "call") return left.calls.splice(0, 1);
    const isPlain = typeof piece === "number";
    if (!isPlain && !isText(piece)) return [piece];
    const [length, fields] = isPlain ? [piece] : piece;
    const words = text.slice(at, at + length);
    at += length;
    return isPlain ? plain(words) : formatText(words).map((block) => mergeFields(fields, block));
  });
  const isWhole = left.thoughts.length + left.calls.length === 0 && at === text.length;
  return isWhole ? pieces : usual;
}

function isText(piece: JsonObject | readonly [number, JsonObject]): piece is readonly [number, JsonObject] {
  return Array.isArray(piece);
}
