import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { importTool, SITE } from "./tools.mjs";

const CHUNKS = join(SITE, ".vitepress/dist/assets/chunks");

/** Words that the search of the site does not lead to their heading. @param {readonly (readonly [word: string, address: string])[]} expected */
export async function searchProblems(expected) {
  const { default: MiniSearch } = await importTool("minisearch");
  const chunk = readdirSync(CHUNKS).find((name) => name.startsWith("@localSearchIndex"));
  if (!chunk) return ["the site has no index for its search"];
  const { default: config } = await import(pathToFileURL(join(SITE, ".vitepress/config.mjs")).href);
  const { searchOptions } = config.themeConfig.search.options.miniSearch;
  const { default: index } = await import(pathToFileURL(join(CHUNKS, chunk)).href);
  // as the search box of VitePress asks
  const search = MiniSearch.loadJSON(index, {
    fields: ["title", "titles", "text"],
    storeFields: ["title", "titles"],
    searchOptions: { fuzzy: 0.2, prefix: true, boost: { title: 4, text: 2, titles: 1 }, ...searchOptions },
  });
  return expected.flatMap(([word, address]) => {
    const found = search
      .search(word)
      .slice(0, 5)
      .map((/** @type {{ id: string }} */ { id }) => id);
    return found.some((/** @type {string} */ id) => id.endsWith(address))
      ? []
      : [`the search for ${word} does not find ${address}, but ${found.join(", ") || "nothing"}`];
  });
}
