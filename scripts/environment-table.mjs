import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sourcePaths } from "./sources.mjs";
import { publicFolders, ROOT, readJson } from "./workspace.mjs";

/** How the sources read a variable. */
const READ =
  /\bread\("([A-Z][A-Z_]+)"\)|\benvironment\["([A-Z][A-Z_]+)"\]|_VARIABLE = "([A-Z][A-Z_]+)"|\b([A-Z][A-Z_]{3,}): \w+(?: = "[^"]*")?(?=[ ,}].*\} = environment;)/g;

/** What each variable is for that is not a provider's key. @type {Readonly<Record<string, string>>} */
const MEANINGS = {
  FALLTHROUGH_TOKEN: "the bearer token of the gateway, for `serve` and for the commands that ask it",
  FALLTHROUGH_NO_STATE: "any text: `serve` keeps nothing on disk of what it remembers",
  HTTP_PROXY: "the proxy for `http:`, and for `https:` where `HTTPS_PROXY` is not set; in small letters too",
  HTTPS_PROXY: "the proxy for `https:`; in small letters too",
  NO_PROXY: "the hosts that are reached without a proxy; in small letters too",
  XDG_STATE_HOME: "the folder for what is kept between runs",
  LOCALAPPDATA: "the same on Windows",
  BROWSER: "the program that `serve --open` starts, in place of that of the system",
  NO_COLOR: "no colours in the terminal",
  TERM: "`dumb`: no colours and no moving cursor",
};

/** Markdown table of the environment variables that any package reads. */
export function formatEnvironmentTable() {
  const folders = publicFolders().filter((folder) => folder.startsWith("packages/"));
  const read = new Set(
    folders
      .flatMap(sourcePaths)
      .flatMap((path) =>
        [...readFileSync(join(ROOT, path), "utf8").matchAll(READ)].map(
          (found) => found.slice(1).find(Boolean) ?? "",
        ),
      ),
  );
  const unexplained = [...read].filter((name) => !(name in MEANINGS));
  const unread = Object.keys(MEANINGS).filter((name) => !read.has(name));
  if (unexplained.length > 0)
    throw new Error(`no words on the variables that are read: ${unexplained.join(", ")}`);
  if (unread.length > 0) throw new Error(`no package reads ${unread.join(", ")}`);
  return [
    "| Variable | For |",
    "|---|---|",
    ...Object.entries(MEANINGS).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`),
    ...[...keyVariables(folders)].map(
      ([name, ids]) => `| \`${name}\` | the provider ${ids.map((id) => `\`${id}\``).join(", ")} |`,
    ),
  ].join("\n");
}

/** The variables that providers need, with the ids of those providers. @param {readonly string[]} folders */
function keyVariables(folders) {
  const { presets } = readJson("packages/provider-openai/presets.json");
  const cards = folders.flatMap((folder) => {
    const { fallthrough: card } = readJson(`${folder}/package.json`);
    return card ? [card, ...(Array.isArray(card.instances) ? card.instances : [])] : [];
  });
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const { id, needs } of [...cards, ...presets]) {
    for (const name of (needs?.environment ?? []).flat()) {
      const ids = found.get(name) ?? [];
      found.set(name, ids.includes(id) ? ids : [...ids, id]);
    }
  }
  return found;
}
