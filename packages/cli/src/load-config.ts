import { existsSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { ChatError } from "@fallthrough/core";
import { findManifest } from "@fallthrough/core/internal";
import { quote } from "@fallthrough/core/provider";
import { type Config, interpolate, parseConfig } from "./config.ts";
import { findConfigFile } from "./config-files.ts";
import { unreadVariables } from "./environment-names.ts";
import { importConfig, parseConfigText, readConfigText } from "./read-config-file.ts";
import type { Shell } from "./shell.ts";

/** A configuration and the folder of the application that it is for. */
export interface LoadedConfig {
  /** The settings. */
  readonly config: Config;
  /** The folder that relative paths belong to. */
  readonly directory: string;
  /** The file that it was read from. */
  readonly file?: string | undefined;
  /** What somebody meant to configure, and nobody reads. */
  readonly problems: readonly ChatError[];
}

/** Loads the file named, or else the one between the working directory and the application's manifest. */
export async function loadConfig(shell: Shell, named: string | undefined): Promise<LoadedConfig> {
  const { directory, environment } = shell;
  const application = findApplication(directory);
  if (named === undefined) {
    const { file, above } = findConfigFile(directory, application);
    if (file !== undefined) return { ...(await readConfig(file, environment)), directory, file };
    const problem = `${quote(above ?? "")} is in a folder above the application and is not read, expected it in the application's folder or in \`--config\``;
    return {
      config: {},
      directory,
      problems: [
        ...(above === undefined ? [] : [new ChatError("config", problem)]),
        ...unreadVariables(environment),
      ],
    };
  }

  const file = resolve(directory, named);
  if (!existsSync(file)) throw new ChatError("config", `configuration file \`${named}\` does not exist`);
  if (statSync(file).isDirectory())
    throw new ChatError("config", `\`${named}\` is a folder, expected a configuration file`);
  return {
    ...(await readConfig(file, environment)),
    directory: findApplication(dirname(file)) ?? directory,
    file,
  };
}

function findApplication(directory: string): string | undefined {
  const manifest = findManifest(directory);
  return manifest && dirname(manifest);
}

async function readConfig(
  file: string,
  environment: Shell["environment"],
): Promise<Pick<LoadedConfig, "config" | "problems">> {
  try {
    const text = readConfigText(file);
    const isModule = /\.[cm]?[jt]s$/.test(file);
    const value = isModule ? await importConfig(file) : interpolate(parseConfigText(text), environment);
    return { config: parseConfig(value), problems: unreadVariables(environment, text) };
  } catch (error) {
    const name = basename(file);
    if (error instanceof ChatError) throw new ChatError("config", `${name}: ${error.message}`);
    const message = error instanceof Error ? error.message : String(error);
    throw new ChatError("config", `${name} could not be read: ${message}`, { cause: error });
  }
}
