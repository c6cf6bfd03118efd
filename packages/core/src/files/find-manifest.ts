import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readJson } from "./read-json.ts";

const FIELDS: readonly string[] = [
  "name",
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
  "workspaces",
];

/**
 * The manifest of the application that a folder belongs to: the nearest `package.json` that names or declares anything.
 *
 * Build tools write a `package.json` that says only `{"type": "module"}`. It is the application's where none is above it.
 */
export function findManifest(folder: string): string | undefined {
  let nearest: string | undefined;
  for (let place = folder; ; place = dirname(place)) {
    const file = join(place, "package.json");
    if (existsSync(file)) {
      if (saysSomething(file)) return file;
      nearest ??= file;
    }
    if (dirname(place) === place) return nearest;
  }
}

/** A manifest that cannot be read is for its reader to tell. */
function saysSomething(file: string): boolean {
  try {
    const manifest = readJson(file);
    return typeof manifest !== "object" || manifest === null || FIELDS.some((field) => field in manifest);
  } catch {
    return true;
  }
}
