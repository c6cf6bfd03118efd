import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { DiscoveredProvider } from "@fallthrough/registry/discover";
import { loadApplication, noteProblems } from "./application.ts";
import { formatProviderModule, type OfferedProvider } from "./format-provider-module.ts";
import type { Output } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";

/** The options of `sync`. */
export interface SyncOptions {
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
  const offered = await Promise.all(application.providers.map(readOffer));
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

/** What discovery does not tell, because nobody but a writer of code asks: the factory's name and an instance's preset. */
async function readOffer({ id, models, source }: DiscoveredProvider): Promise<OfferedProvider> {
  const manifest = JSON.parse(await readFile(join(source.path, "package.json"), "utf8"));
  const { factory, instances = [] } = manifest.fallthrough;
  const instance = instances.find((candidate: { readonly id: string }) => candidate.id === id);
  return {
    id,
    models,
    package: source.package,
    factory,
    preset: instance === undefined ? undefined : { id, ...instance.settings },
  };
}
