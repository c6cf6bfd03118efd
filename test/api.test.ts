import { expect, test } from "vitest";
import { publicApi } from "../scripts/api.mjs";
import { doorsOf } from "../scripts/sources.mjs";
import { publicFolders, ROOT } from "../scripts/workspace.mjs";

const packages = publicFolders().filter((folder) => doorsOf(folder).length > 0);

// reading every source of a package takes a while on a busy machine
test.each(packages)("%s exports what is on record", { timeout: 60_000 }, async (folder) => {
  const api = publicApi(folder);

  await expect(api).toMatchFileSnapshot(`${ROOT}${folder}/test/api.d.ts.snap`);
});
