import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { publicFolders, ROOT } from "../scripts/workspace.mjs";

const packages = publicFolders().filter((folder) => folder.startsWith("packages/"));
/** Commands: they speak to a person at a shell, and write what they are asked to. */
const COMMANDS = ["packages/cli", "packages/create-provider"];
/** Plays servers with certificates of its own making and judges providers, and is no part of a program that asks. */
const TESTS_OTHERS = "packages/testkit";

test.each([
  [
    "checks every certificate",
    /rejectUnauthorized(?!: true\b)|NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity/,
    [TESTS_OTHERS],
  ],
  ["runs no text as code", /\beval\s*\(|\bnew Function\b|\bFunction\s*\(|["'](?:node:)?vm["']/, []],
  ["leaves the dispatcher of all others alone", /setGlobalDispatcher|globalDispatcher/, []],
  ["starts no other program", /["'](?:node:)?child_process["']|["'](?:node:)?worker_threads["']/, []],
  [
    "prints and logs nothing",
    /\bconsole\.|process\.std(?:out|err)|diagnostics_channel|\bdebuglog\b/,
    [...COMMANDS, TESTS_OTHERS],
  ],
  ["writes no file", /\b(?:write|append|rename|copy)File|createWriteStream|\bmkdir|\brmSync\b/, COMMANDS],
])("what every package ships %s", (_, forbidden, exempt) => {
  const folders = packages.filter((folder) => !exempt.includes(folder));
  const offending = folders.flatMap((folder) =>
    shippedFiles(folder).filter((file) =>
      forbidden.test(withoutComments(readFileSync(join(ROOT, file), "utf8"))),
    ),
  );

  expect(offending).toEqual([]);
  expect(folders.flatMap(shippedFiles).length).toBeGreaterThan(folders.length);
});

/** The code of a package as it is written and as it is built. */
function shippedFiles(folder: string): readonly string[] {
  return ["src", "dist"].flatMap((part) => {
    const path = join(ROOT, folder, part);
    if (!existsSync(path)) return [];
    const names = readdirSync(path, { recursive: true }).map(String);
    return names.filter((name) => /\.(?:ts|js)$/.test(name)).map((name) => `${folder}/${part}/${name}`);
  });
}

function withoutComments(code: string): string {
  return code.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}
