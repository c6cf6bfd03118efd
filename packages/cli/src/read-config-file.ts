import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { ChatError } from "@fallthrough/core";
import { quote } from "@fallthrough/core/provider";
import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { decodeText } from "./decode-text.ts";

/** A module that has not settled by then never does. */
const SETTLES_WITHIN_MS = 10_000;

/** The text of a configuration; @throws `config` for a file that is no text */
export function readConfigText(file: string): string {
  const { text, replaced } = decodeText(readFileSync(file));
  if (replaced > 0) throw new ChatError("config", "is no text in UTF-8, expected one");
  return text;
}

/**
 * What a text of JSON says, with comments and commas at the end of lists allowed.
 *
 * @throws `config` with line and column, and without a word of the text
 */
export function parseConfigText(text: string): unknown {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined) {
    const problem = printParseErrorCode(error.error).replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`);
    throw new ChatError(
      "config",
      `is no valid JSON in ${placeOf(text, error.offset)}: ${problem.toLowerCase()}`,
    );
  }
  return tree === undefined ? undefined : readNode(tree, text);
}

/** As `getNodeValue`, but a duplicate name is an error: one of both values would be lost. */
function readNode(node: Node, text: string): unknown {
  const { type, children = [], value } = node;
  if (type === "array") return children.map((child) => readNode(child, text));
  if (type !== "object") return value;
  const entries = new Map<string, unknown>();
  for (const { offset, children: [name, item] = [] } of children) {
    if (name === undefined || item === undefined) continue;
    const key: string = name.value;
    if (entries.has(key)) {
      const place = placeOf(text, offset);
      throw new ChatError("config", `has ${quote(key)} a second time in ${place}, expected it once`);
    }
    entries.set(key, readNode(item, text));
  }
  return Object.fromEntries(entries);
}

function placeOf(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`;
}

/** The default export of a module; @throws `config` */
export async function importConfig(file: string): Promise<unknown> {
  if (/\.[cm]?ts$/.test(file) && !canReadTypes()) {
    throw new ChatError(
      "config",
      `is TypeScript, which Node.js ${process.versions.node} does not read, expected Node.js 22.18 or later, or the configuration in fallthrough.config.mjs`,
    );
  }
  // a module is read once under one name, and a server reads its configuration again
  delete createRequire(import.meta.url).cache[file];
  const url = `${pathToFileURL(file).href}?${statSync(file).mtimeMs}`;
  const loading = import(url).then(async (module: { readonly default?: unknown }) => await module.default);
  const value = await settled(loading).catch((error: unknown) => {
    if (error instanceof ChatError) throw error;
    throw new ChatError("config", `could not be loaded${placeIn(error, file)}: ${messageOf(error)}`, {
      cause: error,
    });
  });
  if (value === undefined) throw new ChatError("config", "has no default export, expected the configuration");
  return value;
}

async function settled<Value>(loading: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const seconds = SETTLES_WITHIN_MS / 1000;
    const problem = `did not settle in ${seconds} seconds, expected a default export without a wait`;
    timer = setTimeout(() => reject(new ChatError("config", problem)), SETTLES_WITHIN_MS);
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}

function canReadTypes(): boolean {
  return Boolean((process.features as { readonly typescript?: unknown }).typescript);
}

/** Its first line: what follows may show the text of the file. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0] ?? "";
}

/** Where in the file it happened: the head of a syntax error's stack or the first frame says so. */
function placeIn(error: unknown, file: string): string {
  const { stack = "" } = Object(error) as { readonly stack?: string };
  const { href } = pathToFileURL(file);
  const escaped = [href, file].map((one) => one.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|");
  const frame = new RegExp(`(?:${escaped})(?:\\?[\\d.]+)?:(\\d+)(?::(\\d+))?`).exec(stack);
  if (frame === null) return "";
  // a syntax error shows the line, and under it where it is wrong
  const caret = /^.*\n( *)\^/m.exec(stack.slice(frame.index + frame[0].length + 1))?.[1];
  const column = frame[2] ?? (caret === undefined ? undefined : String(caret.length + 1));
  return ` in line ${frame[1]}${column === undefined ? "" : `, column ${column}`}`;
}
