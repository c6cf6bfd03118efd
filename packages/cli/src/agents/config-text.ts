import { isDeepStrictEqual } from "node:util";
import { ChatError, type JsonValue } from "@fallthrough/core";
import { applyEdits, modify, type ParseError, parse as parseJson } from "jsonc-parser";
import { stringify as formatToml, parse as parseToml } from "smol-toml";

/** Reads and changes a configuration as text, so that comments, order and indentation stay. */
export interface ConfigText {
  /** The text of a configuration that holds nothing. */
  readonly empty: string;
  /** The value at a path, everything at an empty one; @throws `config` for a text that cannot be read */
  get(text: string, path: readonly string[]): JsonValue | undefined;
  /** The text with this value at a path; `undefined` removes it. @throws `config` for a text that cannot be changed safely */
  set(text: string, path: readonly string[], value: JsonValue | undefined): string;
}

const FORMATTING = { formattingOptions: { insertSpaces: true, tabSize: 2, eol: "\n" } } as const;

/** JSON, also with comments. */
const json: ConfigText = {
  empty: "{}\n",
  get: (text, path) => valueAt(readJson(text), path),
  set(text, path, value) {
    const before = readJson(text);
    if (isDeepStrictEqual(valueAt(before, path), value)) return text;
    const changed = applyEdits(text, modify(text, [...path], value, FORMATTING));
    return value === undefined ? withoutEmptyParents(changed, path) : changed;
  },
};

/** TOML: values at the top, and whole tables. */
const toml: ConfigText = {
  empty: "",
  get: (text, path) => valueAt(readToml(text), path),
  set(text, path, value) {
    const expected = readToml(text);
    if (isDeepStrictEqual(valueAt(expected, path), value)) return text;
    setAt(expected, path, value);
    const changed = path.length === 1 ? setTopLine(text, path[0] ?? "", value) : setTable(text, path, value);
    // lines within a longer text may look like others
    if (isDeepStrictEqual(tryToml(changed), expected)) return changed;
    throw new ChatError(
      "config",
      `\`${path.join(".")}\` cannot be changed safely there, expected it by hand`,
    );
  },
};

/** How each format is read and changed. */
export const CONFIG_TEXTS: Readonly<Record<"json" | "toml", ConfigText>> = { json, toml };

function readJson(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parseJson(text, errors, { allowTrailingComma: true });
  if (errors.length > 0 || typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ChatError("config", "the file is not a JSON object, expected one");
  }
  return value;
}

function readToml(text: string): Record<string, unknown> {
  const value = tryToml(text);
  if (value === undefined) throw new ChatError("config", "the file is not TOML, expected it to be");
  return value;
}

function tryToml(text: string): Record<string, unknown> | undefined {
  try {
    return plain(parseToml(text)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Tables come without a prototype. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function valueAt(value: unknown, path: readonly string[]): JsonValue | undefined {
  const found = path.reduce<unknown>((at, key) => (Object(at) as Record<string, unknown>)[key], value);
  return found as JsonValue | undefined;
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = "", ...rest] = path;
  if (rest.length > 0) {
    target[key] ??= {};
    const inner = target[key] as Record<string, unknown>;
    setAt(inner, rest, value);
    if (Object.keys(inner).length === 0) delete target[key];
  } else if (value === undefined) delete target[key];
  else target[key] = value;
}

/** What was made for a value goes with it. */
function withoutEmptyParents(text: string, path: readonly string[]): string {
  const parent = path.slice(0, -1);
  const left = valueAt(readJson(text), parent);
  if (parent.length === 0 || left === undefined || Object.keys(Object(left)).length > 0) return text;
  return withoutEmptyParents(applyEdits(text, modify(text, [...parent], undefined, FORMATTING)), parent);
}

const HEADER = /^\s*\[/;

function setTopLine(text: string, key: string, value: JsonValue | undefined): string {
  const lines = text.split("\n");
  const firstHeader = lines.findIndex((line) => HEADER.test(line));
  const end = firstHeader === -1 ? lines.length : firstHeader;
  const place = lines.findIndex((line, index) => index < end && isKey(line, key));
  const written = value === undefined ? [] : [formatToml({ [key]: value }).trim()];
  if (place !== -1) lines.splice(place, 1, ...written);
  // at the top, where no table and no longer text has begun
  else lines.unshift(...written);
  return lines.join("\n");
}

function isKey(line: string, key: string): boolean {
  const [name = "", rest] = line.split("=", 2);
  return rest !== undefined && name.trim().replace(/^(["'])(.*)\1$/, "$2") === key;
}

function setTable(text: string, path: readonly string[], value: JsonValue | undefined): string {
  const lines = text.split("\n");
  const header = `[${path.join(".")}]`;
  const start = lines.findIndex((line) => line.replace(/\s|#.*$/g, "") === header);
  const written = value === undefined ? [] : [header, ...formatToml(Object(value)).trim().split("\n"), ""];
  if (start === -1)
    return [...withoutBlankEnd(lines), ...(text.trim() === "" ? [] : [""]), ...written].join("\n");
  const next = lines.findIndex((line, index) => index > start && HEADER.test(line));
  const rest = next === -1 ? [] : lines.slice(next);
  const before = value === undefined ? withoutBlankEnd(lines.slice(0, start)) : lines.slice(0, start);
  const gap = value === undefined && before.length > 0 ? [""] : [];
  return [...before, ...gap, ...written, ...rest].join("\n");
}

function withoutBlankEnd(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line.trim() !== "") + 1);
}
