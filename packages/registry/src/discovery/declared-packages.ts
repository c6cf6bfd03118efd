import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { ChatError } from "@fallthrough/core";
import { findManifest } from "@fallthrough/core/internal";
import { linkedPackages, locateManifest, type Manifest, namesIn, readManifest } from "./manifests.ts";

/** A package that may offer providers. */
export interface DeclaredPackage {
  /** The name under which it is declared. */
  readonly name: string;
  /** Why it is looked at: "dependencies of my-app" for example. */
  readonly reason: string;
  /** The manifest from which it is resolved. */
  readonly from: string;
  /** Whether it is a problem where it is not installed. */
  readonly required: boolean;
}

/** The application that a folder belongs to. */
export interface FoundApplication {
  /** Its manifest's file. */
  readonly file: string;
  /** Its manifest. */
  readonly manifest: Manifest;
  /** Its name, or its folder where it has none. */
  readonly owner: string;
}

/** The application around a folder; @throws `config` where its manifest cannot be read */
export function findApplication(folder: string): FoundApplication | undefined {
  const file = findManifest(folder);
  return file === undefined ? undefined : readApplication(file);
}

function readApplication(file: string): FoundApplication {
  try {
    const manifest = readManifest(file);
    return { file, manifest, owner: nameOf(manifest) ?? dirname(file) };
  } catch (cause) {
    throw new ChatError("config", `${file} could not be read as JSON`, { cause });
  }
}

/** The name that a manifest gives itself. */
export function nameOf({ name }: Manifest): string | undefined {
  return typeof name === "string" ? name : undefined;
}

/** What an application declares. */
export function declaredPackages(application: FoundApplication, dev: boolean): readonly DeclaredPackage[] {
  const { file, manifest, owner } = application;
  const fields = ["dependencies", "optionalDependencies", ...(dev ? ["devDependencies"] : [])];
  return unique(
    fields.flatMap((field) =>
      Object.keys(Object(manifest[field])).map((name) => ({
        name,
        reason: `${field} of ${owner}`,
        from: file,
        required: field === "dependencies",
      })),
    ),
  );
}

/**
 * What is installed beside a command, and what comes with it.
 *
 * npm keeps global packages in one folder, where nobody declares them: each was installed by its name. Other package
 * managers have a manifest there.
 */
export function packagesBeside(command: string): readonly DeclaredPackage[] {
  const own = findApplication(dirname(command));
  if (own === undefined) return [];
  const name = nameOf(own.manifest) ?? "";
  const beside = foldersAbove(dirname(own.file))
    .filter((folder) => existsSync(join(folder, "node_modules", name)))
    .flatMap((folder) => installedIn(folder, name));
  const itself = declaredPackages(own, false).map((one) => ({ ...one, reason: `comes with ${name}` }));
  return unique([...beside, ...itself]);
}

function installedIn(folder: string, command: string): readonly DeclaredPackage[] {
  const from = join(folder, "package.json");
  const reason = `installed beside ${command}`;
  if (existsSync(from)) {
    return declaredPackages(readApplication(from), false).map((one) => ({ ...one, reason, required: false }));
  }
  return namesIn(folder).map((name) => ({ name, reason, from, required: false }));
}

function foldersAbove(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...foldersAbove(parent)];
}

/** The first of those with one name. */
function unique(packages: readonly DeclaredPackage[]): readonly DeclaredPackage[] {
  const named = new Map(packages.toReversed().map((one) => [one.name, one]));
  return packages.filter((one) => named.get(one.name) === one);
}

/** Why providers that are there are not asked: the application does not declare them where they are looked for. */
export function undeclaredPackages(
  { file, manifest }: FoundApplication,
  declared: readonly DeclaredPackage[],
): readonly { readonly name: string; readonly file: string; readonly problem: string }[] {
  const known = new Set(declared.map(({ name }) => name));
  const fields: readonly (readonly [names: readonly string[], problem: string])[] = [
    [
      Object.keys(Object(manifest["devDependencies"])),
      "is a development dependency, expected it in `dependencies`, or the option `dev`",
    ],
    [
      Object.keys(Object(manifest["peerDependencies"])),
      "is a peer dependency, expected it in `dependencies`",
    ],
    [linkedPackages(file), "is linked, but not declared, expected it in `dependencies`"],
  ];
  return fields.flatMap(([names, problem]) =>
    names.flatMap((name) => {
      const found = known.has(name) ? undefined : locateManifest(name, file);
      known.add(name);
      return found === undefined || !offersProvider(found) ? [] : [{ name, file: found, problem }];
    }),
  );
}

function offersProvider(file: string): boolean {
  try {
    return "fallthrough" in readManifest(file);
  } catch {
    // nobody declares it, so nobody misses it
    return false;
  }
}
