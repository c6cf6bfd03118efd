import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { isLoopback } from "@fallthrough/core/internal";
import { findTemplate, type Template } from "./templates.ts";

/** What a new package is made of. */
export interface PackagePlan {
  /** Where it is written; made where it does not exist. */
  readonly folder: string;
  /** The id of the provider: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** The name that people read. */
  readonly name: string;
  readonly origin: string;
  /** The name of a template. */
  readonly template: string;
}

const ID = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const LONGEST_ID = 39;
const DEV_DEPENDENCIES = ["@fallthrough/testkit", "@types/node", "tsup", "typescript", "vitest"];
const PACKAGE = new URL("../", import.meta.url);

/** What was written. */
export interface WrittenPackage {
  /** Its whole path. */
  readonly folder: string;
  /** The paths of the files in it, with slashes and in order. */
  readonly files: readonly string[];
}

/** Writes the package of a provider; @throws where the plan cannot be carried out, before anything is written */
export function writePackage(plan: PackagePlan): WrittenPackage {
  const { id, template } = plan;
  const folder = resolve(plan.folder.replace(/^~(?=[\\/]|$)/, homedir()));
  const chosen = findTemplate(template);
  if (!ID.test(id) || id.length > LONGEST_ID) {
    throw new Error(`the id ${JSON.stringify(id)} is none, expected lower-case letters, digits and hyphens`);
  }
  const origin = parseOrigin(plan.origin);
  if (existsSync(folder) && !isEmptyFolder(folder)) {
    throw new Error(`${JSON.stringify(plan.folder)} is not an empty folder, expected a new one`);
  }

  mkdirSync(folder, { recursive: true });
  for (const part of ["common", chosen.name]) {
    cpSync(fileURLToPath(new URL(`templates/${part}`, PACKAGE)), folder, { recursive: true });
  }
  // a test that runs where it is a template would fail
  for (const file of textFiles(folder).filter((name) => name.endsWith(".check.ts"))) {
    renameSync(join(folder, file), join(folder, file.replace(".check.ts", ".test.ts")));
  }
  // npm leaves files of these names out of what it publishes, or takes them for its own
  renameSync(join(folder, "gitignore"), join(folder, ".gitignore"));
  renameSync(join(folder, "manifest.json"), join(folder, "package.json"));
  for (const file of textFiles(folder)) fillIn(join(folder, file), { ...plan, origin });
  writeManifest(join(folder, "package.json"), chosen);
  replaceIn(join(folder, "README.md"), "PROTOCOL", chosen.protocol.join("\n"));
  replaceIn(join(folder, "LICENSE"), "YEAR", String(new Date().getFullYear()));
  return {
    folder,
    files: filesOf(folder)
      .map((file) => file.replaceAll(sep, "/"))
      .sort(),
  };
}

function replaceIn(file: string, word: string, text: string): void {
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace(word, () => text),
  );
}

function isEmptyFolder(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).length === 0;
}

/** A WebSocket stands at the same origin as the site that opens it. */
function parseOrigin(given: string): string {
  const text = given.replace(/^ws(?=s?:)/, "http");
  const { protocol, hostname, origin } = URL.canParse(text) ? new URL(text) : {};
  const safe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname ?? ""));
  if (safe && origin !== undefined) return origin;
  throw new Error(
    `the origin ${JSON.stringify(given)} is none, expected one such as https://my-site.example`,
  );
}

/** The files whose names and places are filled in; what was recorded stays as it is. */
function textFiles(folder: string): readonly string[] {
  return filesOf(folder).filter((file) => !file.endsWith(".txt"));
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

const NAMES = /(?:https|wss):\/\/my-site\.example|my-site|MY_SITE|MySite|My Site/g;

/** Puts the plan's names where those of the template stand, which is code that compiles as it is. */
function fillIn(file: string, { id, name, origin }: PackagePlan): void {
  const words = id.split("-");
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  const names: Readonly<Record<string, string>> = {
    "https://my-site.example": origin,
    "wss://my-site.example": origin.replace(/^http/, "ws"),
    "my-site": id,
    MY_SITE: id.replaceAll("-", "_").toUpperCase(),
    MySite: pascal,
    "My Site": name,
  };
  // in one pass, because a name that was put in may look like one of the template's
  const text = readFileSync(file, "utf8").replace(NAMES, (found) => names[found] ?? found);
  writeFileSync(file, text);
}

function writeManifest(file: string, { dependencies, devDependencies = [], model }: Template): void {
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  manifest.fallthrough.status.checked = new Date().toISOString().slice(0, 10);
  manifest.fallthrough.models = [{ id: `${manifest.fallthrough.id}-1`, ...model }];
  manifest.dependencies = versionsOf(dependencies);
  manifest.devDependencies = versionsOf([...DEV_DEPENDENCIES, ...devDependencies].sort());
  writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** The versions that this package was made and tested with stand in its own manifest. */
function versionsOf(names: readonly string[]): Record<string, string> {
  const { devDependencies } = JSON.parse(readFileSync(new URL("package.json", PACKAGE), "utf8"));
  return Object.fromEntries(names.map((name) => [name, devDependencies[name]]));
}
