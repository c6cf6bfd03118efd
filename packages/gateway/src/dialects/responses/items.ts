import type { JsonObject } from "@fallthrough/core";

/** One item of a conversation on the wire, in an input or in an output. */
export type Item = {
  /** The value of each field, not checked yet. */
  readonly [name: string]: unknown;
};

/** How far an item of an answer has come. */
export type ItemStatus = "in_progress" | "completed" | "incomplete";

/** The kinds of ids that this gateway makes. */
export type IdKind = "resp" | "msg" | "rs" | "fc" | "ctc" | "cmp";

/** A new id: unique, and its kind can be seen. */
export function createId(kind: IdKind): string {
  return `${kind}_${crypto.randomUUID().replaceAll("-", "")}`;
}

/** The one argument of the function that replaces a custom tool, whose input is free text. */
const CUSTOM_INPUT = "input";

/** The arguments of a function that replaces a custom tool. */
export const CUSTOM_PARAMETERS: JsonObject = {
  type: "object",
  properties: { [CUSTOM_INPUT]: { type: "string" } },
  required: [CUSTOM_INPUT],
  additionalProperties: false,
};

/** The input of a custom tool as the arguments of a function. */
export function wrapCustomInput(input: string): string {
  return JSON.stringify({ [CUSTOM_INPUT]: input });
}

/** The input of a custom tool; arguments of another form are the input themselves. */
export function unwrapCustomInput(text: string): string {
  try {
    const input: unknown = JSON.parse(text)?.[CUSTOM_INPUT];
    return typeof input === "string" ? input : text;
  } catch {
    return text;
  }
}
