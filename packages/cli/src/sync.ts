import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readJson } from "@fallthrough/core/internal";
import { absenceOf, type DiscoveredProvider } from "@fallthrough/registry/discover";
import { type Application, loadApplication, noteProblems } from "./application.ts";
import { formatProviderModule, type OfferedProvider } from "./format-provider-module.ts";
import type { Output } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";
import { unwritten } from "./write-failure.ts";

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
  const { servers, written } = chooseWritten(application);
  for (const id of servers)
    output.note(`server ${id} is left out, because its key belongs in no file: make it with its factory`);
  const offered = written.map(readOffer);
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
  await writeFile(file, text).catch((error: unknown) => {
    throw unwritten(file, error);
  });
  output.note(`${options.out} has ${offered.map(({ id }) => id).join(", ") || "no provider"}`);
  return EXIT.answered;
}

/** The providers that are installed, or that the configuration names: a bundle cannot look for others. */
function chooseWritten({ providers, named, servers, ofCommand }: Application): {
  readonly written: readonly DiscoveredProvider[];
  readonly servers: readonly string[];
} {
  // what comes with the command cannot be imported by the application
  const importable = ofCommand ? [] : providers;
  const written = importable.filter(
    (provider) =>
      !servers.includes(provider.id) && (absenceOf(provider) === undefined || named.includes(provider.id)),
  );
  return { written, servers: servers.filter((id) => providers.some((provider) => provider.id === id)) };
}

/** What the manifest of a package says of the instances that come with it. */
interface OfferedInstance {
  readonly id: string;
  readonly server?: object;
  readonly settings?: object;
}

interface ProviderManifest {
  readonly fallthrough: {
    readonly factory: string;
    readonly instances?: string | readonly OfferedInstance[];
  };
}

/** What discovery does not tell, because nobody but a writer of code asks: the factory's name and an instance's preset. */
function readOffer({ id, models, source }: DiscoveredProvider): OfferedProvider {
  // discovery has read and checked it
  const { fallthrough } = readJson(join(source.path, "package.json")) as ProviderManifest;
  const { factory, instances = [] } = fallthrough;
  const all = typeof instances === "string" ? readPresets(join(source.path, instances)) : instances;
  const instance = all.find((candidate) => candidate.id === id);
  return {
    id,
    models,
    package: source.package,
    factory,
    preset: instance === undefined ? undefined : { id, ...instance.server, ...instance.settings },
  };
}

function readPresets(file: string): readonly OfferedInstance[] {
  return (readJson(file) as { readonly presets: readonly OfferedInstance[] }).presets;
}
