import { readFileSync } from "node:fs";
import { DOCS, navigation, sidebar } from "./navigation.mjs";
import { linkToRepository } from "./repository-links.mjs";

const manifest = JSON.parse(readFileSync(`${DOCS}../packages/cli/package.json`, "utf8"));
const repository = manifest.repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
const [name = ""] = repository.split("/").slice(-1);

/** Puts a page that somebody wrote before the pages of the packages, which name everything. @param {string} address */
function boostDocument(address) {
  return address.includes("/api/") ? 0.2 : 1;
}

// biome-ignore lint/style/noDefaultExport: VitePress reads its configuration from the default export
export default {
  title: manifest.name,
  description: manifest.description,
  lang: "en",
  // the folder that GitHub gives the pages of a repository
  base: `/${name}/`,
  cleanUrls: true,
  markdown: { config: (markdown) => linkToRepository(markdown, { docs: DOCS, repository }) },
  themeConfig: {
    nav: navigation,
    sidebar,
    outline: [2, 3],
    search: { provider: "local", options: { miniSearch: { searchOptions: { boostDocument } } } },
    socialLinks: [{ icon: "github", link: repository }],
    editLink: { pattern: `${repository}/edit/main/docs/:path` },
  },
  vite: {
    // the index of the search is one file
    build: { chunkSizeWarningLimit: 4_000 },
  },
};
