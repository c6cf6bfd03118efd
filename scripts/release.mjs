import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { packPackages } from "./packages/pack.mjs";
import { packedPackages } from "./packed-files.mjs";
import { createScratchClone } from "./scratch-clone.mjs";
import { prepare } from "./setup.mjs";

const USAGE = `npm run release -- --dry-run          shows what would be published
npm run release -- --pack <folder>    packs it, for the workflow that publishes`;

const [mode, folder] = process.argv.slice(2);

if (mode === "--dry-run") {
  prepare();
  showRelease();
} else if (mode === "--pack" && folder) {
  prepare();
  const destination = resolve(folder);
  mkdirSync(destination, { recursive: true });
  for (const tarball of await packPackages(destination)) console.log(tarball);
} else {
  console.error(USAGE);
  process.exitCode = 2;
}

/** Prints every public package with the version that the changesets give it, and its files. */
function showRelease() {
  const versions = plannedVersions();
  const packed = [...packedPackages().values()];
  for (const { name, version, size, files } of packed) {
    const next = versions.get(name);
    const moved = next === undefined ? "" : `, from ${version}`;
    console.log(`\n${name}@${next ?? version}${moved}, ${(size / 1000).toFixed(1)} kB packed`);
    for (const file of files) console.log(`  ${file}`);
  }
  console.log(`\n${packed.length} packages; nothing was published`);
}

/** The versions that the changesets at hand would give, by package name. @returns {ReadonlyMap<string, string>} */
function plannedVersions() {
  const clone = createScratchClone();
  try {
    const before = clone.manifests();
    clone.changeset("version");
    return new Map(
      [...clone.manifests()].flatMap(([name, { version }]) =>
        version === before.get(name)?.version ? [] : [/** @type {const} */ ([name, version])],
      ),
    );
  } finally {
    clone.remove();
  }
}
