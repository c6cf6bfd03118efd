import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { ChatError } from "@fallthrough/core";
import { usageError } from "../failure.ts";
import { TOKEN_VARIABLE } from "../gateway-token.ts";
import type { Output } from "../output.ts";
import { EXIT, type Shell } from "../shell.ts";
import { AGENTS, type Agent, type FileChange } from "./agents.ts";
import { CONFIG_TEXTS } from "./config-text.ts";
import { type AddressOptions, gatewayAddress } from "./gateway-address.ts";

/** The options of `setup`. */
export interface SetupOptions extends AddressOptions {
  /** Changes the files. */
  readonly write?: boolean | undefined;
  /** Changes them back. */
  readonly undo?: boolean | undefined;
}

/** What a file is called that holds the configuration as it was before. */
const BACKUP = ".before-fallthrough";

/** Points a program at the gateway: tells what would be changed, changes it, or changes it back. */
export async function setup(
  shell: Shell,
  output: Output,
  name: string,
  options: SetupOptions,
): Promise<number> {
  const agent = findAgent(name);
  const gateway = await gatewayAddress(shell, output, options);
  if (options.write && options.undo) throw usageError("--write and --undo exclude each other");
  if (agent.files === undefined) {
    if (options.write || options.undo)
      throw usageError(`the settings of ${agent.title} are not written by this command, expected no option`);
    for (const line of agent.lines?.(gateway) ?? []) output.line(line);
    return EXIT.answered;
  }
  for (const change of agent.files(gateway)) {
    const file = pathOf(change, shell);
    if (options.undo) undoChange(output, file, change);
    else if (options.write) writeChange(output, file, change);
    else showChange(output, file, change);
  }
  if (options.undo) return EXIT.answered;
  if (gateway.token !== undefined) output.note(`${agent.title} reads the token from \`${TOKEN_VARIABLE}\``);
  if (!options.write) output.note(`nothing is changed yet: fallthrough setup ${name} --write`);
  return EXIT.answered;
}

/** The program of this name; @throws `config` that lists those that are known */
export function findAgent(name: string): Agent {
  const agent = Object.hasOwn(AGENTS, name) ? AGENTS[name] : undefined;
  if (agent !== undefined) return agent;
  throw usageError(`program \`${name}\` is unknown, expected ${Object.keys(AGENTS).join(", ")}`);
}

function pathOf({ file, folderVariable }: FileChange, { environment }: Shell): string {
  const folder = folderVariable === undefined ? undefined : environment[folderVariable]?.trim();
  const path = folder ? join(folder, basename(file)) : join(homedir(), file);
  // a file that is kept elsewhere and linked is changed where it is
  return existsSync(path) ? realpathSync(path) : path;
}

function showChange(output: Output, file: string, { format, changes }: FileChange): void {
  const { get, empty } = CONFIG_TEXTS[format];
  const text = read(file) ?? empty;
  output.line({ text: file, style: "bold" });
  for (const { path, value } of changes) {
    const before = inFile(file, () => get(text, path));
    const was = before === undefined ? "" : `   (now ${JSON.stringify(before)})`;
    output.line(`  ${path.join(".")} = ${JSON.stringify(value(before))}${was}`);
  }
}

function writeChange(output: Output, file: string, { format, changes }: FileChange): void {
  const { get, set, empty } = CONFIG_TEXTS[format];
  const before = read(file);
  const after = inFile(file, () =>
    changes.reduce((text, { path, value }) => set(text, path, value(get(text, path))), before ?? empty),
  );
  if (after === before) {
    output.line(`${file}: is so already`);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  // the first one is what the user wrote
  if (before !== undefined && !existsSync(file + BACKUP)) replaceFile(file + BACKUP, before, file);
  replaceFile(file, after, file);
  const kept = existsSync(file + BACKUP) ? `, as it was: ${file}${BACKUP}` : "";
  output.line(`${file}: changed${kept}`);
}

function undoChange(output: Output, file: string, { format, changes }: FileChange): void {
  const { get, set, empty } = CONFIG_TEXTS[format];
  const now = read(file);
  if (now === undefined) {
    output.line(`${file}: does not exist`);
    return;
  }
  const backup = read(file + BACKUP);
  const after = inFile(file, () =>
    changes.reduce(
      (text, { path }) => set(text, path, backup === undefined ? undefined : get(backup, path)),
      now,
    ),
  );
  // what else has changed since then stays; where nothing has, the file is as it was, to the last byte
  const isAsBefore = isDeepStrictEqual(get(after, []), get(backup ?? empty, []));
  if (!isAsBefore) replaceFile(file, after, file);
  else if (backup !== undefined) replaceFile(file, backup, file);
  else rmSync(file);
  rmSync(file + BACKUP, { force: true });
  output.line(`${file}: ${after === now ? "held none of it" : "changed back"}`);
}

function read(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Puts a whole new file in the place of the old one, with its permissions. */
function replaceFile(file: string, text: string, like: string): void {
  const mode = existsSync(like) ? statSync(like).mode : 0o600;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, file);
}

/** Names the file in what goes wrong with its text. */
function inFile<Value>(file: string, action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    throw new ChatError(error.code, `${file}: ${error.message}`);
  }
}
