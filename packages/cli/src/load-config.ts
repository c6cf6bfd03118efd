import { existsSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ChatError } from "@fallthrough/core";
import { findManifest, readJson } from "@fallthrough/core/internal";
import { type Config, interpolate, parseConfig } from "./config.ts";
import type { Shell } from "./shell.ts";

const NAMES = ["fallthrough.config.json", "fallthrough.config.mjs"] as const;

/** A configuration and the folder of the application that it is for. */
export interface LoadedConfig {
  /** The settings. */
  readonly config: Config;
  /** The folder that relative paths belong to. */
  readonly directory: string;
  /** The file that it was read from. */
  readonly file?: string | undefined;
}

/** Loads the file named, or else the one between the working directory and the application's manifest. */
export async function loadConfig(shell: Shell, named: string | undefined): Promise<LoadedConfig> {
  const { directory, environment } = shell;
  const application = findApplication(directory);
  if (named === undefined) {
    const file = findConfig(directory, application);
    const config = file === undefined ? {} : await readConfig(file, environment);
    return { config, directory, file };
  }

  const file = resolve(directory, named);
  if (!existsSync(file)) throw new ChatError("config", `configuration file \`${named}\` does not exist`);
  return {
    config: await readConfig(file, environment),
    directory: findApplication(dirname(file)) ?? directory,
    file,
  };
}

function findConfig(directory: string, application: string | undefined): string | undefined {
  const found = NAMES.map((name) => resolve(directory, name)).filter((file) => existsSync(file));
  if (found.length > 1) {
    throw new ChatError("config", `both ${NAMES.join(" and ")} stand in one folder, expected one of them`);
  }
  if (found[0] !== undefined || directory === application || dirname(directory) === directory)
    return found[0];
  return findConfig(dirname(directory), application);
}

function findApplication(directory: string): string | undefined {
  const manifest = findManifest(directory);
  return manifest && dirname(manifest);
}

async function readConfig(file: string, environment: Shell["environment"]): Promise<Config> {
  try {
    const value = file.endsWith(".json")
      ? interpolate(readJson(file), environment)
      : await importDefault(file);
    return parseConfig(value);
  } catch (error) {
    const name = basename(file);
    if (error instanceof ChatError) throw new ChatError("config", `${name}: ${error.message}`);
    const message = error instanceof Error ? error.message : String(error);
    throw new ChatError("config", `${name} could not be loaded: ${message}`, { cause: error });
  }
}

async function importDefault(file: string): Promise<unknown> {
  // a module is read once under one name, and a server reads its configuration again
  const module: { readonly default?: unknown } = await import(
    `${pathToFileURL(file).href}?${statSync(file).mtimeMs}`
  );
  if (module.default === undefined)
    throw new ChatError("config", "no default export, expected the configuration");
  return module.default;
}
