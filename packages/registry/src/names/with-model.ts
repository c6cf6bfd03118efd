const QUOTE = 34;
const BACKSLASH = 92;
const DEEPER = new Set(["{".charCodeAt(0), "[".charCodeAt(0)]);
const HIGHER = new Set(["}".charCodeAt(0), "]".charCodeAt(0)]);
const COLON = ":".charCodeAt(0);

/**
 * The text of a JSON object with another value of its field `model`; everything else stays as it is, to the byte.
 *
 * Parsed and written again, large numbers and the spelling of texts would not be the same.
 */
export function withModel(json: string, model: string): string {
  const value = JSON.stringify(model);
  let changed = "";
  /** How much of the text is in `changed`. */
  let taken = 0;
  let depth = 0;
  /** Where the last text of the outermost object is; a colon behind it makes it a key. */
  let last: readonly [start: number, end: number] = [0, 0];
  let isModel = false;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) {
      const end = endOfText(json, index);
      if (depth === 1) {
        if (isModel) {
          changed += json.slice(taken, index) + value;
          taken = end;
          isModel = false;
        } else last = [index, end];
      }
      index = end - 1;
    } else if (code === COLON && depth === 1) isModel = JSON.parse(json.slice(...last)) === "model";
    else if (DEEPER.has(code)) depth++;
    else if (HIGHER.has(code)) depth--;
  }
  if (taken > 0) return changed + json.slice(taken);
  const start = json.indexOf("{") + 1;
  const separator = json.slice(start).trim() === "}" ? "" : ",";
  return `${json.slice(0, start)}"model":${value}${separator}${json.slice(start)}`;
}

/** Where the text that begins here ends, with its quote. */
function endOfText(json: string, start: number): number {
  let index = start + 1;
  while (json.charCodeAt(index) !== QUOTE) index += json.charCodeAt(index) === BACKSLASH ? 2 : 1;
  return index + 1;
}
