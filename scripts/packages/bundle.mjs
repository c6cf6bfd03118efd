import assert from "node:assert/strict";
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CHATGPTFREE, PIZZAGPT, REGISTRY, writeManifest } from "./applications.mjs";
import { run } from "./tools.mjs";

/**
 * Bundles what `fallthrough sync` writes into one file, and asserts that it answers where there is nothing else.
 *
 * @param {import("./layouts.mjs").Layout} layout
 * @param {import("./layouts.mjs").Place} place
 * @param {import("./applications.mjs").StandIns} standIns
 */
export async function tryBundle(layout, place, { settings, question, answers }) {
  const { application: cwd, root } = place;
  const env = { ...place.env, QUESTION: question, SETTINGS: JSON.stringify(settings) };
  cpSync(fileURLToPath(new URL("fixtures/bundle", import.meta.url)), cwd, { recursive: true });
  writeManifest(place, [CHATGPTFREE, PIZZAGPT, REGISTRY, "fallthrough", "esbuild"]);
  writeFileSync(join(cwd, "fallthrough.config.json"), '{ "aliases": { "fast": "pizzagpt" } }');
  await layout.install(place);
  await run("npx", ["--no-install", "fallthrough", "sync"], { cwd, env });
  await run("npx", ["--no-install", "fallthrough", "sync", "--check"], { cwd, env });
  await run("tsc", ["--project", "."], { cwd, env });

  const empty = join(root, "empty");
  mkdirSync(empty);
  const options = ["--bundle", "--platform=node", "--format=esm"];
  await run("npx", ["--no-install", "esbuild", "main.ts", ...options, "--outfile=bundle.mjs"], { cwd, env });
  renameSync(join(cwd, "bundle.mjs"), join(empty, "bundle.mjs"));
  rmSync(join(cwd, "node_modules"), { recursive: true });
  const seen = JSON.parse(await run(process.execPath, ["bundle.mjs"], { cwd: empty, env }));

  assert.deepEqual(seen, {
    answers: {
      fast: answers["pizzagpt"],
      "pizzagpt/gpt-4o-mini": answers["pizzagpt"],
      chatgptfree: answers["chatgptfree"],
    },
    unknown: "config",
  });
}
