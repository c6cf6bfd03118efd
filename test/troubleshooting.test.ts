import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sourcePaths } from "../scripts/sources.mjs";
import { publicFolders, ROOT } from "../scripts/workspace.mjs";

const PAGE = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8");
const texts = [...PAGE.matchAll(/^## `(.+)`$/gm)].map(([, text = ""]) => text);
const sources = publicFolders()
  .filter((folder) => readdirSync(join(ROOT, folder)).includes("src"))
  .flatMap(sourcePaths)
  .map((path) => readFileSync(join(ROOT, path), "utf8"));

test("the page of troubleshooting explains at least ten errors", () => {
  expect(texts.length).toBeGreaterThanOrEqual(10);
});

test.each(texts)("an error still says: %s", (text) => {
  // what changes from error to error stands as an ellipsis
  const pieces = text.split(" … ");

  expect(sources.some((source) => pieces.every((piece) => source.includes(piece)))).toBe(true);
});
