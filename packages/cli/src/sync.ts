import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readJson } from "@fallthrough/core/internal";
import type { DiscoveredProvider } from "@fallthrough/registry/discover";
import { loadApplication, noteProblems } from "./application.ts";
import { formatProviderModule, type OfferedProvider } from "./format-provider-module.ts";
import type { Output } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";

/** The options of `sync`. */
export interface SyncOptions {
  /** The path of the configuration. */
  readonly config?: string | undefined;
  /** The file to write, from the working directory. */
  readonly out: string;
  /** Only tells whether the file is up to date. */
  readonly check?: boolean | undefined;
}

/** Writes a module that imports the installed providers by name, for bundles, which have no folder to look into. */
export async function sync(shell: Shell, output: Output, options: SyncOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  noteProblems(output, application);
  const offered = application.providers.map(readOffer);
  const text = formatProviderModule(offered, application.registry.aliases());

  const file = resolve(shell.directory, options.out);
  const current = existsSync(file) ? await readFile(file, "utf8") : undefined;
  if (current === text) {
    output.note(`${options.out} is up to date`);
    return EXIT.answered;
  }
  if (options.check) {
    output.note(`${options.out} is not what is installed: run \`fallthrough sync\``);
    return EXIT.usage;
  }
  await writeFile(file, text);
  output.note(`${options.out} has ${offered.map(({ id }) => id).join(", ") || "no provider"}`);
  return EXIT.answered;
}

interface ProviderManifest {
  readonly fallthrough: {
    readonly factory: string;
    readonly instances?: readonly { readonly id: string; readonly settings?: object }[];
  };
}

/** What discovery does not tell, because nobody but a writer of code asks: the factory's name and an instance's preset. */
function readOffer({ id, models, source }: DiscoveredProvider): OfferedProvider {
  // discovery has read and checked it
  const { fallthrough } = readJson(join(source.path, "package.json")) as ProviderManifest;
  const { factory, instances = [] } = fallthrough;
  const instance = instances.find((candidate) => candidate.id === id);
  return {
    id,
    models,
    package: source.package,
    factory,
    preset: instance === undefined ? undefined : { id, ...instance.settings },
  };
}
