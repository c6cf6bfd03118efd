import { existsSync, statSync } from "node:fs";
import { posix } from "node:path";

/** @typedef {{ type: string, children?: Token[] | null, attrGet: (name: string) => string, attrSet: (name: string, value: string) => void }} Token */

const SCHEME = /^[a-z][a-z+.-]*:|^\/|^#/i;

/**
 * A rule of markdown-it: a link to a file that is no page of the site becomes a link to the repository.
 *
 * @param {{ core: { ruler: { push: (name: string, rule: (state: { tokens: Token[], env: { relativePath?: string } }) => void) => void } } }} markdown
 * @param {{ docs: string, repository: string }} options the folder of the pages and the address of the repository
 */
export function linkToRepository(markdown, { docs, repository }) {
  markdown.core.ruler.push("repository-links", ({ tokens, env }) => {
    const links = tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === "link_open");
    for (const link of links) {
      const target = link.attrGet("href");
      if (SCHEME.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = posix.join("docs", posix.dirname(env.relativePath ?? ""), decodeURI(path));
      if (file.startsWith("docs/") && file.endsWith(".md")) continue;
      const local = posix.join(docs, "..", file);
      if (!existsSync(local)) throw new Error(`${env.relativePath} links to ${target}, which does not exist`);
      const kind = statSync(local).isDirectory() ? "tree" : "blob";
      link.attrSet(
        "href",
        `${repository}/${kind}/main/${file.replace(/\/$/, "")}${anchor ? `#${anchor}` : ""}`,
      );
    }
  });
}
