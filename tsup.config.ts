import { readFileSync } from "node:fs";
import { defineConfig, type Options } from "tsup";

const { exports, bin = {} } = JSON.parse(readFileSync("package.json", "utf8"));

/** What an application imports. */
const doors = Object.values<{ default?: string } | string>(exports ?? {}).map((entry) =>
  typeof entry === "string" ? entry : (entry.default ?? ""),
);

/** What undici makes of a body that is a form; core sends text and bytes. It brings half of fetch with it. */
const FORM_BODIES = /undici\/lib\/web\/fetch\/body\.js$/;

/**
 * Bundles CommonJS without `require`, by which it asks for Node's own modules: neither an ES module nor an
 * application's bundle of it has that.
 */
const builtins: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "builtins",
  setup(build) {
    build.onLoad({ filter: /node_modules.*\.js$/ }, ({ path }) => ({
      contents: FORM_BODIES.test(path)
        ? ""
        : readFileSync(path, "utf8").replace(/\brequire\((?=["']node:)/g, "process.getBuiltinModule("),
    }));
  },
};

export default defineConfig({
  entry: sourcesOf([...doors, ...Object.values<string>(bin)]),
  format: "esm",
  target: "node20",
  platform: "node",
  // `await using` has a library of its own, which an application need not name
  dts: exports !== undefined && {
    entry: sourcesOf(doors),
    banner: '/// <reference lib="esnext.disposable" />',
  },
  clean: true,
  esbuildPlugins: [builtins],
});

/** Every `dist` file that the manifest names is built from the `src` file of the same name. */
function sourcesOf(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const name = /^\.\/dist\/(.+)\.js$/.exec(file)?.[1];
    return name ? [`src/${name}.ts`] : [];
  });
}
