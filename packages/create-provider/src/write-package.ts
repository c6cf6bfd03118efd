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
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isLoopback } from "@fallthrough/core/internal";
import { TEMPLATES } from "./templates.ts";

/** What a new package is made of. */
export interface PackagePlan {
  /** Where it is written; made where it does not exist. */
  readonly folder: string;
  /** The id of the provider: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** The name that people read. */
  readonly name: string;
  readonly origin: string;
  /** A key of `TEMPLATES`. */
  readonly template: string;
}

const ID = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const LONGEST_ID = 39;
const DEV_DEPENDENCIES = ["@fallthrough/testkit", "@types/node", "tsup", "typescript", "vitest"];
const PACKAGE = new URL("../", import.meta.url);

/** Writes the package of a provider; @throws where the plan cannot be carried out, before anything is written */
export function writePackage(plan: PackagePlan): void {
  const { id, template } = plan;
  const folder = resolve(plan.folder);
  const chosen = TEMPLATES[template];
  if (chosen === undefined) {
    throw new Error(
      `unknown template ${JSON.stringify(template)}; known: ${Object.keys(TEMPLATES).join(", ")}`,
    );
  }
  if (!ID.test(id) || id.length > LONGEST_ID) {
    throw new Error(`the id ${JSON.stringify(id)} is none, expected lower-case letters, digits and hyphens`);
  }
  const origin = parseOrigin(plan.origin);
  if (existsSync(folder) && !isEmptyFolder(folder)) {
    throw new Error(`${JSON.stringify(plan.folder)} is not an empty folder, expected a new one`);
  }

  mkdirSync(folder, { recursive: true });
  for (const part of ["common", template]) {
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
  writeManifest(join(folder, "package.json"), template);
  const readme = join(folder, "README.md");
  writeFileSync(
    readme,
    readFileSync(readme, "utf8").replace("PROTOCOL", () => chosen.protocol.join("\n")),
  );
}

function isEmptyFolder(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).length === 0;
}

function parseOrigin(text: string): string {
  const { protocol, hostname, origin } = URL.canParse(text) ? new URL(text) : {};
  const safe = protocol === "https:" || (protocol === "http:" && isLoopback(hostname ?? ""));
  if (safe && origin !== undefined) return origin;
  throw new Error(`the origin ${JSON.stringify(text)} is none, expected one such as https://my-site.example`);
}

/** The files whose names and places are filled in; what was recorded stays as it is. */
function textFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => !file.endsWith(".txt"));
}

const NAMES = /https:\/\/my-site\.example|my-site|MY_SITE|MySite|My Site/g;

/** Puts the plan's names where those of the template stand, which is code that compiles as it is. */
function fillIn(file: string, { id, name, origin }: PackagePlan): void {
  const words = id.split("-");
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  const names: Readonly<Record<string, string>> = {
    "https://my-site.example": origin,
    "my-site": id,
    MY_SITE: id.replaceAll("-", "_").toUpperCase(),
    MySite: pascal,
    "My Site": name,
  };
  // in one pass, because a name that was put in may look like one of the template's
  const text = readFileSync(file, "utf8").replace(NAMES, (found) => names[found] ?? found);
  writeFileSync(file, text);
}

function writeManifest(file: string, template: string): void {
  const { dependencies = [], model } = TEMPLATES[template] ?? {};
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  manifest.fallthrough.status.checked = new Date().toISOString().slice(0, 10);
  manifest.fallthrough.models = [{ id: `${manifest.fallthrough.id}-1`, ...model }];
  manifest.dependencies = versionsOf(dependencies);
  manifest.devDependencies = versionsOf(DEV_DEPENDENCIES);
  writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** The versions that this package was made and tested with stand in its own manifest. */
function versionsOf(names: readonly string[]): Record<string, string> {
  const { devDependencies } = JSON.parse(readFileSync(new URL("package.json", PACKAGE), "utf8"));
  return Object.fromEntries(names.map((name) => [name, devDependencies[name]]));
}
