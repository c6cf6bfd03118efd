import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What the suite reads of a `package.json`. */
export interface Manifest {
  /** The name of the package. */
  readonly name?: string | undefined;
  /** A plugin has `fallthrough-provider` among them. */
  readonly keywords?: readonly string[] | undefined;
  /** What an application may import. */
  readonly exports?: Readonly<Record<string, unknown>> | undefined;
  /** The card. */
  readonly fallthrough?: unknown;
}

/** The manifest of the package that a file belongs to; a blank one where there is none. */
export function nearestManifest(file: string): Manifest {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8"));
    if (folder === dirname(folder)) return {};
  }
}
