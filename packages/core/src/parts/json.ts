import { DEFAULT_LIMITS } from "../contract/defaults.ts";
import { ChatError } from "../errors/chat-error.ts";
import { quote } from "../errors/redact.ts";

/**
 * The value of a JSON text that `what` sent.
 *
 * @throws `interrupted` for a text that stops in mid-value, `protocol` for any other that is not JSON or is nested
 * too deeply
 */
export function parseJson(text: string, what: string, maxDepth: number = DEFAULT_LIMITS.jsonDepth): unknown {
  // before any value is made: as one, a bracket takes thirty times its memory
  if (hasMoreBrackets(text, maxDepth) && depthOf(text).deepest > maxDepth) {
    throw new ChatError("protocol", `${what} answered JSON nested deeper than ${maxDepth} levels`);
  }
  try {
    return JSON.parse(text);
  } catch {
    const cut = isCut(text);
    const problem = cut ? "ended in the middle of a JSON value" : `answered ${quote(text)}, expected JSON`;
    // the engine's message quotes the body, which may quote the prompt
    throw new ChatError(cut ? "interrupted" : "protocol", `${what} ${problem}`, { cause: "SyntaxError" });
  }
}

/** The fields of a JSON object that somebody sent: none of them is checked yet. */
export type Fields = {
  /** Any value that JSON can hold. */
  readonly [name: string]: unknown;
};

/** The fields of a JSON object; none for any other value. */
export function fieldsOf(value: unknown): Fields {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : {};
}

/** The fields of each item of a list; no item for any other value. */
export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

/** The value where it is a text; blank for any other. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The value where it is a number; `undefined` for any other. */
export function countOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function isCut(text: string): boolean {
  const first = text.trimStart()[0];
  return (first === "{" || first === "[") && depthOf(text).open;
}

/** Whether there are more brackets than levels allowed: only then does the depth have to be counted. */
function hasMoreBrackets(text: string, count: number): boolean {
  let left = count;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (left-- === 0) return true;
    }
  }
  return false;
}

function depthOf(text: string): { readonly deepest: number; readonly open: boolean } {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (quoted) {
      if (character === "\\") index++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{" || character === "[") deepest = Math.max(deepest, ++depth);
    else if (character === "}" || character === "]") depth--;
  }
  return { deepest, open: quoted || depth > 0 };
}
