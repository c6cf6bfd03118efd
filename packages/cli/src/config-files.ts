import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { ChatError } from "@fallthrough/core";
import { nearestName, readJson } from "@fallthrough/core/internal";
import { fieldsOf, quote } from "@fallthrough/core/provider";

/** The names under which a configuration is found. */
const CONFIG_NAMES: readonly string[] = ["json", "jsonc", "mjs", "js", "cjs", "ts", "mts", "cts"].map(
  (kind) => `fallthrough.config.${kind}`,
);

/** What a newcomer would take for a configuration's name, because other tools read their own under it. */
const MEANT =
  /^(?:\.?fallthrough[._-]?(?:config|conf|cfg|settings)|\.?fallthroughrc)(?:\.(?:jsonc?|json5|[cm]?[jt]sx?|ya?ml|toml|ini))?$|^\.?fallthrough\.(?:jsonc?|json5|ya?ml|toml|ini)$/i;
/** The folder that some tools keep their configuration in. */
const FOLDER = ".config";
/** The ends of names that an editor or a backup leaves. */
const KIND = /\.(?:jsonc?|json5|[cm]?[jt]sx?|ya?ml|toml|ini)$/i;

/** The configuration of an application. */
export interface FoundConfig {
  /** The file, where there is one. */
  readonly file?: string | undefined;
  /** One in a folder above the application, which is not read. */
  readonly above?: string | undefined;
}

/**
 * Finds the configuration between the working directory and the application's folder.
 *
 * @throws `config` for two in one folder, and for a file or a field of the manifest that is meant for one and not read
 */
export function findConfigFile(directory: string, application: string | undefined): FoundConfig {
  for (let folder = directory; ; folder = dirname(folder)) {
    const file = configIn(folder);
    if (folder === application) checkManifest(join(folder, "package.json"));
    if (file !== undefined) return { file };
    if (dirname(folder) === folder) return {};
    if (folder === application) return { above: fileAbove(dirname(folder)) };
  }
}

function configIn(folder: string): string | undefined {
  const names = namesIn(folder);
  const found = CONFIG_NAMES.filter((name) => names.includes(name));
  const [name, other] = found;
  if (other !== undefined)
    throw new ChatError("config", `both ${found.join(" and ")} stand in one folder, expected one of them`);
  const stray =
    names.find((one) => !CONFIG_NAMES.includes(one) && isMeant(one)) ??
    namesIn(join(folder, FOLDER))
      .filter(isMeant)
      .map((one) => join(FOLDER, one))[0];
  if (stray !== undefined) {
    const expected = name === undefined ? "the configuration in" : "nothing beside";
    throw new ChatError(
      "config",
      `${quote(join(folder, stray))} is not read, expected ${expected} ${name ?? nearestConfig(stray)}`,
    );
  }
  return name === undefined ? undefined : join(folder, name);
}

function isMeant(name: string): boolean {
  return MEANT.test(name) || (KIND.test(name) && nearestName(name, CONFIG_NAMES) !== undefined);
}

/** The field `fallthrough` is the card of a provider; @throws `config` where it is meant for a configuration */
function checkManifest(file: string): void {
  let own: { readonly [name: string]: unknown };
  try {
    own = fieldsOf(fieldsOf(readJson(file))["fallthrough"]);
  } catch {
    // discovery tells of a broken manifest
    return;
  }
  const isCard = "factory" in own || "id" in own || "specificationVersion" in own;
  if (isCard || Object.keys(own).length === 0) return;
  throw new ChatError(
    "config",
    `the field \`fallthrough\` of ${quote(file)} is not read, expected the configuration in fallthrough.config.json`,
  );
}

/** The name under which the content of this file is read. */
function nearestConfig(name: string): string {
  const kind = /\.([cm]?[jt]s)x?$/i.exec(name)?.[1]?.toLowerCase();
  return `fallthrough.config.${kind ?? (/jsonc/i.test(name) ? "jsonc" : "json")}`;
}

function fileAbove(folder: string): string | undefined {
  const name = CONFIG_NAMES.find((one) => existsSync(join(folder, one)));
  if (name !== undefined) return join(folder, name);
  return dirname(folder) === folder ? undefined : fileAbove(dirname(folder));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    // a folder that may be passed through, but not listed
    return CONFIG_NAMES.filter((name) => existsSync(join(folder, name)));
  }
}
