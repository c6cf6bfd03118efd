import { expect, test } from "vitest";
import { publicApi } from "../scripts/api.mjs";
import { doorsOf } from "../scripts/sources.mjs";
import { publicFolders, ROOT } from "../scripts/workspace.mjs";

const packages = publicFolders().filter((folder) => doorsOf(folder).length > 0);

test.each(packages)("%s exports what is on record", async (folder) => {
  const api = publicApi(folder);

  await expect(api).toMatchFileSnapshot(`${ROOT}${folder}/test/api.d.ts.snap`);
});
