import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Absolute path of the folder with the pages. */
export const DOCS = fileURLToPath(new URL("..", import.meta.url));

/** The pages that a reader looks for by their subject, in the order in which they are read. */
const GUIDE = [
  {
    text: "Guide",
    pages: ["aliases-and-fallback", "watching"],
  },
  {
    text: "Gateway",
    pages: ["using-the-gateway", "clients", "services"],
  },
  {
    text: "Coming from elsewhere",
    pages: ["migrating-from-g4f"],
  },
  {
    text: "Authors of providers",
    pages: ["writing-a-provider", "contract"],
  },
];

const REFERENCE = [
  { text: "Reference", pages: ["settings", "command-line", "errors", "faults", "versions"] },
];

const BACKGROUND = [{ text: "Background", pages: ["health", "performance", "mutants", "changes/README"] }];

/** The sidebar: every page of the site is in it. */
export const sidebar = [
  ...[...GUIDE, ...REFERENCE].map(({ text, pages }) => ({ text, items: pages.map(itemOf) })),
  { text: "Packages", collapsed: true, items: pagesOf("api").map(itemOf) },
  ...BACKGROUND.map(({ text, pages }) => ({ text, collapsed: true, items: pages.map(itemOf) })),
  { text: "Decisions", collapsed: true, items: pagesOf("decisions").map(itemOf) },
];

/** The links at the head of each page. */
export const navigation = [
  { text: "Guide", link: "/aliases-and-fallback" },
  { text: "Errors", link: "/errors" },
  { text: "Packages", link: "/api/" },
];

/** An entry of the sidebar: a page by its own title. @param {string} page */
function itemOf(page) {
  return { text: titleOf(page), link: `/${page.replace(/(^|\/)index$/, "$1")}` };
}

/** The pages in a folder and the folders under it. @param {string} folder @returns {string[]} */
function pagesOf(folder) {
  if (!existsSync(DOCS + folder)) return [];
  return readdirSync(DOCS + folder, { recursive: true })
    .map((name) => `${folder}/${String(name).replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".md"))
    .map((name) => name.slice(0, -".md".length))
    .sort();
}

/** @param {string} page */
function titleOf(page) {
  const [, title = page] = /^# (.+)$/m.exec(readFileSync(`${DOCS}${page}.md`, "utf8")) ?? [];
  return title.replaceAll(/[`\\]/g, "");
}
