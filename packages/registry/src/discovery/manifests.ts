import { existsSync, lstatSync, readdirSync, realpathSync } from "node:fs";
import nodeModule from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { readJson } from "@fallthrough/core/internal";

/** What Node offers beyond the version that we build against. */
interface NewerModule {
  /** Since 22.14. */
  readonly findPackageJSON?: (specifier: string, base: URL) => string | undefined;
  /** Under Yarn Plug'n'Play. */
  readonly findPnpApi?: (issuer: string) => PnpApi | null;
}

interface PnpApi {
  resolveToUnqualified(name: string, issuer: string, options: { considerBuiltins: boolean }): string | null;
}

/** The manifest of a package, as the file in its folder has it. */
export type Manifest = Readonly<Record<string, unknown>>;

const MANIFEST = "package.json";

/** Reads a manifest; @throws what the file system and `readJson` do */
export function readManifest(file: string): Manifest {
  const value = readJson(file);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SyntaxError("a manifest is not an object");
  return value as Manifest;
}

/** The packages that are linked into the folder of the application, as `npm link` does. */
export function linkedPackages(application: string): readonly string[] {
  const folder = dirname(application);
  return namesIn(folder).filter((name) =>
    lstatSync(join(folder, "node_modules", name), { throwIfNoEntry: false })?.isSymbolicLink(),
  );
}

/** The packages in the `node_modules` of a folder. */
export function namesIn(folder: string): readonly string[] {
  const modules = join(folder, "node_modules");
  return entriesOf(modules).flatMap((name) =>
    name.startsWith("@") ? entriesOf(join(modules, name)).map((inner) => `${name}/${inner}`) : name,
  );
}

function entriesOf(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
}

/** The manifest of a package that the application with this manifest depends on, its links resolved. */
export function locateManifest(name: string, application: string): string | undefined {
  // the default export, because Plug'n'Play adds its function while the process runs
  const { findPackageJSON, findPnpApi } = nodeModule as NewerModule;
  const pnp = process.versions["pnp"] === undefined ? undefined : findPnpApi?.(application);
  if (pnp) return locateByPnp(pnp, name, application);
  const found = findPackageJSON && locateByNode(findPackageJSON, name, application);
  const file = found ?? locateByWalk(name, dirname(application));
  return file && realpathSync(file);
}

function locateByPnp(pnp: PnpApi, name: string, application: string): string | undefined {
  try {
    const folder = pnp.resolveToUnqualified(name, application, { considerBuiltins: false });
    return folder === null ? undefined : join(folder, MANIFEST);
  } catch {
    // it throws for what is not a dependency or not installed
    return undefined;
  }
}

function locateByNode(
  find: NonNullable<NewerModule["findPackageJSON"]>,
  name: string,
  application: string,
): string | undefined {
  try {
    return find(name, pathToFileURL(application));
  } catch {
    // it throws for what is not installed
    return undefined;
  }
}

function locateByWalk(name: string, folder: string): string | undefined {
  const file = join(folder, "node_modules", name, MANIFEST);
  if (existsSync(file)) return file;
  const parent = dirname(folder);
  return parent === folder ? undefined : locateByWalk(name, parent);
}

const CONDITIONS: readonly string[] = ["node", "import", "module-sync", "default"];

/** The URL of the module that `import` of a package gives. */
export function resolveEntry(manifest: Manifest, folder: string): string | undefined {
  const { exports, main } = manifest;
  const target = exports === undefined ? (main ?? "index.js") : resolveTarget(rootOf(exports));
  return typeof target === "string" ? pathToFileURL(join(folder, target)).href : undefined;
}

function rootOf(exports: unknown): unknown {
  const isMap = typeof exports === "object" && exports !== null && "." in exports;
  return isMap ? exports["."] : exports;
}

function resolveTarget(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  if (typeof target !== "object" || target === null) return undefined;
  const options = Array.isArray(target)
    ? target
    : Object.entries(target).flatMap(([condition, value]) => (CONDITIONS.includes(condition) ? [value] : []));
  return options.map(resolveTarget).find((resolved) => resolved !== undefined);
}
