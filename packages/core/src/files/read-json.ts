import { readFileSync } from "node:fs";

/**
 * Reads a file of JSON, with or without a byte order mark.
 *
 * @throws what the file system does, and `SyntaxError` with the line; the message quotes nothing of the file
 */
export function readJson(file: string): unknown {
  const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  try {
    return JSON.parse(text);
  } catch (error) {
    // the parser's own message quotes the text, and with it perhaps a password
    const position = /position (\d+)/.exec(String(error))?.[1];
    const line =
      position === undefined ? "" : ` in line ${text.slice(0, Number(position)).split("\n").length}`;
    throw new SyntaxError(`no valid JSON${line}`);
  }
}
