import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SITE } from "./tools.mjs";

const BUILT = join(SITE, ".vitepress/dist");
const FETCHED =
  /<(?:script|img|iframe|source|video|audio)\b[^>]*\ssrc="(https?:|\/\/)[^"]*"|<link\b[^>]*\shref="(?:https?:|\/\/)[^"]*"/g;
const FETCHED_BY_STYLE = /url\(["']?(?:https?:|\/\/)[^)]*\)|@import\s+["'](?:https?:|\/\/)/g;

/** @typedef {{ links: readonly string[], anchors: ReadonlySet<string>, html: string }} Page */

/** What is wrong with the built pages: links, anchors, pages that nobody reaches, requests to other servers. */
export async function pageProblems() {
  const { default: config } = await import(pathToFileURL(join(SITE, ".vitepress/config.mjs")).href);
  const pages = readPages();
  return [
    ...[...pages].flatMap(([page, { links }]) =>
      links.flatMap((link) => linkProblem(pages, config.base, page, link)),
    ),
    ...unreachedPages(pages, config.themeConfig.sidebar),
    ...requestsOutside(pages),
  ];
}

/** The built pages, by the address that a link gives them, without the base. @returns {Map<string, Page>} */
function readPages() {
  return new Map(
    filesOf(".html")
      .filter((file) => file !== "404.html")
      .map((file) => {
        const html = readFileSync(join(BUILT, file), "utf8");
        const links = [...html.matchAll(/<a\b[^>]*\shref="([^"]*)"/g)].map(([, link = ""]) => decoded(link));
        const anchors = new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id = ""]) => decoded(id)));
        return [addressOf(file), { html, links, anchors }];
      }),
  );
}

/** @param {string} file */
function addressOf(file) {
  return `/${file.replace(/\.html$/, "").replace(/(^|\/)index$/, "$1")}`;
}

/**
 * @param {ReadonlyMap<string, Page>} pages
 * @param {string} base
 * @param {string} page
 * @param {string} link
 */
function linkProblem(pages, base, page, link) {
  if (/^(?!https?:)[a-z]+:|^https?:/i.test(link)) return [];
  const [path = "", anchor] = link.split("#");
  const { pathname } = new URL(path, new URL(base + page.slice(1), "http://site.invalid"));
  const target = path === "" ? page : decodeURI(`/${pathname.slice(base.length)}`);
  const found = pages.get(target);
  if (!found) {
    return existsSync(join(BUILT, target)) ? [] : [`${page} links to ${link}, which is no page`];
  }
  if (!anchor || found.anchors.has(decodeURIComponent(anchor))) return [];
  return [`${page} links to ${link}, and that page has no such heading`];
}

/** @param {ReadonlyMap<string, Page>} pages @param {readonly any[]} sidebar */
function unreachedPages(pages, sidebar) {
  const reached = new Set(sidebar.flatMap(({ items }) => items.map((/** @type {any} */ item) => item.link)));
  return [...pages.keys()]
    .filter((page) => page !== "/" && !reached.has(page))
    .map((page) => `${page} is not in the navigation: add it to docs/.vitepress/navigation.mjs`);
}

/** @param {ReadonlyMap<string, Page>} pages */
function requestsOutside(pages) {
  const styles = filesOf(".css").map((file) => readFileSync(join(BUILT, file), "utf8"));
  return [
    ...[...pages.values()].flatMap(({ html }) => html.match(FETCHED) ?? []),
    ...styles.flatMap((style) => style.match(FETCHED_BY_STYLE) ?? []),
  ].map((request) => `a page makes a request to another server: ${request}`);
}

/** @param {string} extension @returns {string[]} */
function filesOf(extension) {
  return readdirSync(BUILT, { recursive: true })
    .map((name) => String(name).replaceAll("\\", "/"))
    .filter((name) => name.endsWith(extension));
}

/** @param {string} text */
function decoded(text) {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
