import { expect, test } from "vitest";
import { packedPackages, packingProblems } from "../scripts/packed-files.mjs";

const packages = [...packedPackages()];

test.each(packages)("%s ships what its manifest names, and nothing else", (folder, packed) => {
  expect(packingProblems(folder, packed)).toEqual([]);
});

test("a file that is missing and one that slipped in are both told", () => {
  const [folder, packed] = packages[0] ?? expect.unreachable();
  const files = [...packed.files.filter((file) => file !== "LICENSE"), "test/index.test.ts"];

  const problems = packingProblems(folder, { ...packed, files });

  expect(problems).toEqual(["lacks `LICENSE`", "ships `test/index.test.ts`, which nothing asks for"]);
});
