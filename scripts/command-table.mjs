import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./workspace.mjs";

const PROGRAM = join(ROOT, "packages/cli/bin/fallthrough.js");
const run = promisify(execFile);

/** The help of the command and of each of its parts, as it prints it. */
export async function formatCommandTable() {
  const help = await helpOf();
  const [, list = ""] = /\nCommands:\n([\s\S]*)/.exec(help) ?? [];
  const names = [...list.matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name = ""]) => name)
    .filter((name) => name !== "help");
  if (names.length === 0) throw new Error("the command lists no commands");
  const sections = [sectionOf("fallthrough", help)];
  for (const name of names) sections.push(sectionOf(`fallthrough ${name}`, await helpOf(name)));
  return sections.join("\n\n");
}

/** @param {string[]} words */
async function helpOf(...words) {
  const { stdout } = await run(process.execPath, [PROGRAM, ...words, "--help"], {
    env: { ...process.env, NO_COLOR: "1", COLUMNS: "100" },
  });
  return stdout.trim();
}

/** @param {string} title @param {string} help */
function sectionOf(title, help) {
  return `### ${title}\n\n\`\`\`text\n${help}\n\`\`\``;
}
