import type { Attempt } from "@fallthrough/core";
import { createRegistry, type ExplainStep, type Registry } from "@fallthrough/registry";
import {
  type DiscoveredProvider,
  type DiscoveryProblem,
  discoverProviders,
} from "@fallthrough/registry/discover";
import type { Config } from "./config.ts";
import { reportFailure } from "./failure.ts";
import { loadConfig } from "./load-config.ts";
import type { Output } from "./output.ts";
import { referenceProblems, settingsProblems } from "./reference-problems.ts";
import type { Shell } from "./shell.ts";
import { openState, type StateOptions } from "./state.ts";

/** What the application around the command has installed and configured. */
export interface Application {
  /** The providers that were found. */
  readonly providers: readonly DiscoveredProvider[];
  /** The packages that are broken. */
  readonly problems: readonly DiscoveryProblem[];
  /** The providers that the configuration names. */
  readonly named: readonly string[];
  /** The names of the application's own servers. */
  readonly servers: readonly string[];
  /** The registry over the providers. */
  readonly registry: Registry;
  /** What the configuration says about conversations. */
  readonly chat: Config["chat"];
  /** What the configuration says about the gateway. */
  readonly serve: Config["serve"];
  /** Whether the providers are those of the command, because the application declares none. */
  readonly ofCommand: boolean;
  /** The file that the configuration was read from. */
  readonly configFile: string | undefined;
}

/** How a command wants its application loaded. */
export interface ApplicationOptions extends StateOptions {
  /** The file to read instead of the one that is found. */
  readonly config?: string | undefined;
  /** For every provider, over their settings. */
  readonly proxy?: string | undefined;
  /** Called after each attempt. */
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined;
}

/** The name that a command begins with. */
export interface NameOptions {
  /** The reference. @default "auto" */
  readonly model?: string | undefined;
  /** Whether a failure is printed as JSON, too. @default false */
  readonly json?: boolean | undefined;
  /** Called before a failure is printed. */
  readonly beforeNote?: (() => void) | undefined;
}

/** Finds the application's configuration and providers; runs no code of a provider. */
export async function loadApplication(shell: Shell, options: ApplicationOptions): Promise<Application> {
  const { config, directory, file, problems } = await loadConfig(shell, options.config);
  const { settings, order, allow, deny, aliases, timeouts } = config;
  const discover = (own: Config["settings"], servers: Config["servers"] = config.servers) =>
    discoverProviders({
      from: directory,
      command: import.meta.url,
      settings: own,
      servers,
      order,
      allow,
      deny,
    });

  let found = await discover(settings);
  if (options.proxy !== undefined) {
    const { proxy } = options;
    const servers = Object.entries(config.servers ?? {}).map(([id, server]) => [id, { ...server, proxy }]);
    const others = found.providers.filter(({ id }) => !Object.hasOwn(config.servers ?? {}, id));
    found = await discover(withProxy(others, settings, proxy), Object.fromEntries(servers));
  }
  const { providers } = found;
  const left = [...problems.map((error) => ({ package: file ?? directory, error })), ...found.problems];
  const { onAttempt } = options;
  const health = openState(shell, options);
  const registry = createRegistry({ providers, aliases, timeouts, health, onAttempt, problems: left });
  return {
    providers,
    problems: [
      ...left,
      ...(await settingsProblems(providers, config)),
      ...(await referenceProblems(registry, config)),
    ],
    servers: found.providers.filter(({ source }) => source.server).map(({ id }) => id),
    named: [...(order ?? []), ...(allow ?? []), ...Object.keys(settings ?? {})],
    chat: config.chat,
    serve: config.serve,
    configFile: file,
    ofCommand: found.ofCommand === true,
    registry,
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

/** Tells what was left out and why, and where nobody can be asked how to get a provider of one's own. */
export function noteProblems(output: Output, application: Application): void {
  for (const { error } of application.problems) output.note({ text: error.message, style: "yellow" });
  if (application.registry.providers().length === 0) noteOfCommand(output, application);
}

/** Tells that the providers of the command are used. */
export function noteOfCommand(output: Output, { ofCommand }: Application): void {
  if (!ofCommand) return;
  const text =
    "no application declares a provider here, so those are used that come with the command and are installed beside it; for others: `npm init -y && npm install @fallthrough/provider-...`";
  output.note({ text, style: "dim" });
}

/** Tells how many are not there, where not all are shown. */
export function noteAbsent(output: Output, { registry }: Application, all: boolean | undefined): void {
  const count = registry.absent().length;
  if (all || count === 0) return;
  const text = `${count} more can be used once their key is set or their server runs, \`--all\` lists them`;
  output.note({ text, style: "dim" });
}

/**
 * The candidates of a name. Explaining asks the servers for a name that nobody declares.
 *
 * For an unknown name it prints why, after `beforeNote`, and returns the exit code instead.
 */
export async function explainName(
  output: Output,
  application: Application,
  { model, json, beforeNote }: NameOptions,
): Promise<readonly ExplainStep[] | number> {
  try {
    return await application.registry.explain(model);
  } catch (error) {
    beforeNote?.();
    return reportUnknown(output, application, error, json);
  }
}

/** Prints that a name is unknown, and every known name; returns the exit code. */
export function reportUnknown(
  output: Output,
  { registry }: Application,
  error: unknown,
  json: boolean | undefined,
): number {
  const code = reportFailure(output, error, json);
  const present = registry.providers();
  if (present.length === 0) return code;
  const models = present.flatMap(({ models }) => models.flatMap(({ id, aliases = [] }) => [id, ...aliases]));
  const names = ["auto", ...Object.keys(registry.aliases()), ...models, ...present.map(({ id }) => id)];
  const references = registry.models().map(({ reference }) => reference);
  // the message of the error names the nearest, and is cut where this list may be long
  output.note(`names: ${[...new Set(names)].join(", ")}`);
  output.note(`references: ${references.join(", ")}`);
  return code;
}
