import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { doorsOf } from "../sources.mjs";
import { publicFolders, ROOT, readJson } from "../workspace.mjs";
import { importTool } from "./tools.mjs";

const OUTPUT = join(ROOT, "docs/api");

/** The doors of all published packages: what a reader imports, and the file that exports it. */
export function doors() {
  return publicFolders()
    .filter((folder) => folder.startsWith("packages/"))
    .flatMap((folder) =>
      doorsOf(folder).map(({ door, path }) => ({
        name: `${readJson(`${folder}/package.json`).name}${door.slice(1)}`,
        path,
      })),
    );
}

/** Writes a page for each door, from the docstrings, and gives the names that TypeDoc found in each. */
export async function writeReference() {
  const { Application, ReflectionKind } = await importTool("typedoc");
  const all = doors();
  const tsconfig = join(ROOT, "docs/.vitepress/cache/tsconfig.json");
  mkdirSync(join(tsconfig, ".."), { recursive: true });
  writeFileSync(
    tsconfig,
    JSON.stringify({
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions: {
        // packages are read from their sources, so that what one exports again of another is a link
        paths: Object.fromEntries(all.map(({ name, path }) => [name, [join(ROOT, path)]])),
        typeRoots: [join(ROOT, "node_modules/@types")],
      },
      files: all.map(({ path }) => join(ROOT, path)),
    }),
  );
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown"],
    tsconfig,
    entryPoints: all.map(({ path }) => join(ROOT, path)),
    out: OUTPUT,
    name: "Packages",
    readme: "none",
    router: "module",
    entryFileName: "index",
    // the types of the workspace are checked by its own compiler
    skipErrorChecking: true,
    excludeExternals: true,
    excludePrivate: true,
    disableSources: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    useHTMLAnchors: true,
    treatWarningsAsErrors: true,
    validation: { notExported: false, invalidLink: true, notDocumented: false },
  });
  const project = await app.convert();
  if (!project) throw new Error("TypeDoc could not read the packages");
  for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
    const source = project.getSymbolIdFromReflection(module)?.fileName ?? module.sources?.[0]?.fullFileName;
    const door = all.find(({ path }) => String(source).endsWith(path));
    if (!door) throw new Error(`no package has a door for the module ${module.name}`);
    module.name = door.name;
  }
  app.validate(project);
  await app.generateOutputs(project);
  const { errorCount, warningCount } = app.logger;
  if (errorCount + warningCount > 0)
    throw new Error(`TypeDoc told ${errorCount} errors and ${warningCount} warnings`);
  /** @type {readonly { name: string, children?: readonly { name: string }[] }[]} */
  const modules = project.getChildrenByKind(ReflectionKind.Module);
  return new Map(modules.map(({ name, children = [] }) => [name, children.map((child) => child.name)]));
}
