import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Absolute path of the folder with the pages. */
export const DOCS = fileURLToPath(new URL("..", import.meta.url));

/** The groups of pages, in the order in which they are read. @type {readonly { text: string, collapsed?: boolean, pages: readonly string[] }[]} */
const GROUPS = [
  { text: "Guide", pages: ["start", "concepts", "aliases-and-fallback", "failures", "limits-and-quotas"] },
  {
    text: "Requests",
    pages: [
      "tools-and-thinking",
      "images-and-files",
      "json-output",
      "history",
      "abort",
      "web-handlers",
      "ai-sdk",
    ],
  },
  {
    text: "Command and gateway",
    pages: ["the-command", "using-the-gateway", "clients", "operating", "watching", "services"],
  },
  {
    text: "Help",
    pages: ["recipes", "troubleshooting", "faq", "comparison", "migrating-from-g4f"],
  },
  { text: "Authors of providers", pages: ["writing-a-provider", "provider-guide", "contract"] },
  { text: "Reference", pages: ["settings", "command-line", "errors", "faults", "versions"] },
  { text: "Packages", collapsed: true, pages: pagesOf("api") },
  { text: "Background", collapsed: true, pages: ["health", "performance", "mutants", "changes/README"] },
  { text: "Decisions", collapsed: true, pages: pagesOf("decisions") },
];

/** The sidebar: every page of the site is in it. */
export const sidebar = GROUPS.map(({ text, collapsed = false, pages }) => ({
  text,
  collapsed,
  items: pages.filter((page) => existsSync(`${DOCS}${page}.md`)).map(itemOf),
}));

/** The links at the head of each page. */
export const navigation = [
  { text: "Guide", link: "/start" },
  { text: "Help", link: "/troubleshooting" },
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
