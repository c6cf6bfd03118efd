import type { Attempt } from "@fallthrough/core";
import { createRegistry, type Registry } from "@fallthrough/registry";
import {
  type DiscoveredProvider,
  type DiscoveryProblem,
  discoverProviders,
} from "@fallthrough/registry/discover";
import type { Config } from "./config.ts";
import { reportFailure } from "./failure.ts";
import { loadConfig } from "./load-config.ts";
import type { Output } from "./output.ts";
import type { Shell } from "./shell.ts";

/** What the application around the command has installed and configured. */
export interface Application {
  /** The providers that were found. */
  readonly providers: readonly DiscoveredProvider[];
  /** The packages that are broken. */
  readonly problems: readonly DiscoveryProblem[];
  /** The registry over the providers. */
  readonly registry: Registry;
  /** What the configuration says about the gateway. */
  readonly serve: Config["serve"];
  /** The file that the configuration was read from. */
  readonly configFile: string | undefined;
}

/** How a command wants its application loaded. */
export interface ApplicationOptions {
  /** The file to read instead of the one that is found. */
  readonly config?: string | undefined;
  /** For every provider, over their settings. */
  readonly proxy?: string | undefined;
  /** Called after each attempt. */
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined;
}

/** Finds the application's configuration and providers; runs no code of a provider. */
export async function loadApplication(shell: Shell, options: ApplicationOptions): Promise<Application> {
  const { config, directory, file } = await loadConfig(shell, options.config);
  const { settings, order, allow, deny, aliases, timeouts } = config;
  const discover = (own: Config["settings"]) =>
    discoverProviders({ from: directory, settings: own, order, allow, deny });

  let found = await discover(settings);
  if (options.proxy !== undefined)
    found = await discover(withProxy(found.providers, settings, options.proxy));
  return {
    ...found,
    serve: config.serve,
    configFile: file,
    registry: createRegistry({ providers: found.providers, aliases, timeouts, onAttempt: options.onAttempt }),
  };
}

function withProxy(
  providers: readonly DiscoveredProvider[],
  settings: Config["settings"] = {},
  proxy: string,
): Config["settings"] {
  const ids = new Set([...Object.keys(settings), ...providers.map(({ id }) => id)]);
  return Object.fromEntries([...ids].map((id) => [id, { ...settings[id], proxy }]));
}

/** Tells what was left out and why, also where nothing is left. */
export function noteProblems(output: Output, { providers, problems }: Application): void {
  for (const { error } of problems) output.note({ text: error.message, style: "yellow" });
  if (providers.length === 0 && problems.length === 0) {
    output.note("no provider is left, expected fewer in `deny` or more in `allow`");
  }
}

/** Tells that a name stands for nothing, and every name that stands for something; gives the exit code. */
export function reportUnknown(
  output: Output,
  { registry, providers }: Application,
  error: unknown,
  json: boolean | undefined,
): number {
  const code = reportFailure(output, error, json);
  if (providers.length === 0) return code;
  const models = providers.flatMap(({ models }) =>
    models.flatMap(({ id, aliases = [] }) => [id, ...aliases]),
  );
  const names = ["auto", ...Object.keys(registry.aliases()), ...models, ...providers.map(({ id }) => id)];
  const references = registry.models().map(({ reference }) => reference);
  // the message of the error names the nearest, and is cut where this list may be long
  output.note(`names: ${[...new Set(names)].join(", ")}`);
  output.note(`references: ${references.join(", ")}`);
  return code;
}
