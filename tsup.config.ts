import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

const { exports, bin = {} } = JSON.parse(readFileSync("package.json", "utf8"));

/** Every `dist` file that the manifest names is built from the `src` file of the same name. */
const outputs = [
  ...Object.values<{ default?: string } | string>(exports ?? {}).map((entry) =>
    typeof entry === "string" ? entry : (entry.default ?? ""),
  ),
  ...Object.values<string>(bin),
];

export default defineConfig({
  entry: outputs.flatMap((file) => {
    const name = /^\.\/dist\/(.+)\.js$/.exec(file)?.[1];
    return name ? [`src/${name}.ts`] : [];
  }),
  format: "esm",
  target: "node20",
  platform: "node",
  // `await using` has a library of its own, which an application need not name
  dts: exports !== undefined && { banner: '/// <reference lib="esnext.disposable" />' },
  clean: true,
});
