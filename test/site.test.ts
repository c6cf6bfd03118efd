import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sidebar } from "../docs/.vitepress/navigation.mjs";
import { linkToRepository } from "../docs/.vitepress/repository-links.mjs";
import { ROOT } from "../scripts/workspace.mjs";

const DOCS = join(ROOT, "docs/");
const REPOSITORY = "https://example.test/us/it";

test("every page of the docs is in the navigation", () => {
  const reached = new Set(sidebar.flatMap(({ items }) => items.map(({ link }) => link)));
  const pages = ["", "decisions/", "changes/"].flatMap((folder) =>
    readdirSync(join(DOCS, folder))
      .filter((name) => name.endsWith(".md") && folder + name !== "index.md")
      .map((name) => `/${folder}${name.replace(".md", "")}`),
  );

  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});

test.each([
  ["concepts.md", "contract.md#the-card", "contract.md#the-card"],
  ["decisions/0001-core-is-a-dependency.md", "../errors.md", "../errors.md"],
  ["concepts.md", "#words", "#words"],
  ["concepts.md", "https://example.test/", "https://example.test/"],
  ["concepts.md", "../LICENSE", `${REPOSITORY}/blob/main/LICENSE`],
  ["concepts.md", "health.json", `${REPOSITORY}/blob/main/docs/health.json`],
  ["decisions/0001-core-is-a-dependency.md", "../../packages/core", `${REPOSITORY}/tree/main/packages/core`],
  ["the-command.md", "../packages/cli/README.md#use", `${REPOSITORY}/blob/main/packages/cli/README.md#use`],
])("the site turns the link of %s to %s into %s", (page, link, expected) => {
  expect(rewritten(page, link)).toBe(expected);
});

test("a link to a file that does not exist ends the build of the site", () => {
  expect(() => rewritten("concepts.md", "../nothing.ts")).toThrow(
    "concepts.md links to ../nothing.ts, which does not exist",
  );
});

/** Where a link of this page leads once the rule of the site has seen it. */
function rewritten(page: string, link: string): string {
  let href = link;
  const token = {
    type: "link_open",
    attrGet: () => href,
    attrSet: (_name: string, value: string) => {
      href = value;
    },
  };
  const state = { tokens: [{ ...token, type: "inline", children: [token] }], env: { relativePath: page } };
  linkToRepository(
    { core: { ruler: { push: (_name, rule) => rule(state) } } },
    { docs: DOCS, repository: REPOSITORY },
  );
  return href;
}
