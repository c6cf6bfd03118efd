import { ChatError, type ModelCard } from "@fallthrough/core";
import { quote } from "@fallthrough/core/provider";

/** An installed provider, as code can make it. */
export interface OfferedProvider {
  /** The id of the provider. */
  readonly id: string;
  /** The names of its models. */
  readonly models: readonly ModelCard[];
  /** The package that it comes from. */
  readonly package: string;
  /** The export that makes it. */
  readonly factory: string;
  /** The settings that an instance of the package comes with. */
  readonly preset?: object | undefined;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/**
 * TypeScript that makes these providers by static imports, and types the names that can be asked for.
 *
 * @throws `contract` where a factory's name is no name
 */
export function formatProviderModule(
  providers: readonly OfferedProvider[],
  aliases: Readonly<Record<string, readonly string[]>>,
): string {
  const factories = nameFactories(providers);
  const made = providers.map((provider) => ({
    ...provider,
    name: factories.get(factoryKey(provider))?.name ?? provider.factory,
  }));
  return `// written by \`fallthrough sync\` from what package.json declares: change that, and run it again
${lines([...factories.values()], formatImport)}import type { RegistryOptions } from "@fallthrough/registry";

type SettingsOf<Factory> = Factory extends (settings?: infer Settings) => unknown ? Settings : never;

/** The settings of each provider, by its id. */
export interface InstalledSettings {
${lines(made, ({ id, name }) => `  readonly ${JSON.stringify(id)}?: SettingsOf<typeof ${name}> | undefined;`)}}

/** A name that can be asked for. */
export type InstalledModel =
${references(providers, Object.keys(aliases))
  .map((reference) => `  | ${reference}`)
  .join("\n")};

/** The names that the application's configuration gives. */
export const aliases = ${JSON.stringify(aliases, undefined, 2)} as const;

/** Makes the installed providers; nothing is looked for at run time. */
export function createProviders(settings: InstalledSettings = {}): RegistryOptions["providers"] {
  return [
${lines(made, ({ name, ...provider }) => `    ${name}(${formatSettings(provider)}),`)}  ];
}
`;
}

interface ImportedFactory {
  readonly package: string;
  readonly factory: string;
  /** The name it has in the module: two packages may export the same one. */
  readonly name: string;
}

function nameFactories(providers: readonly OfferedProvider[]): ReadonlyMap<string, ImportedFactory> {
  const named = new Map<string, ImportedFactory>();
  for (const provider of providers) {
    const { package: source, factory } = provider;
    if (!IDENTIFIER.test(factory)) {
      throw new ChatError("contract", `package ${quote(source)} names the factory ${quote(factory)}`);
    }
    const key = factoryKey(provider);
    if (named.has(key)) continue;
    const others = [...named.values()].filter((other) => other.factory === factory).length;
    named.set(key, { package: source, factory, name: others === 0 ? factory : `${factory}_${others + 1}` });
  }
  return named;
}

function factoryKey({ package: source, factory }: OfferedProvider): string {
  return `${source} ${factory}`;
}

function formatImport({ package: source, factory, name }: ImportedFactory): string {
  return `import { ${factory === name ? name : `${factory} as ${name}`} } from ${JSON.stringify(source)};`;
}

function formatSettings({ id, preset }: OfferedProvider): string {
  const own = `settings[${JSON.stringify(id)}]`;
  return preset === undefined ? own : `{ ...${JSON.stringify(preset)}, ...${own} }`;
}

/** Types of everything that a registry over these providers takes for a model. */
function references(providers: readonly OfferedProvider[], aliases: readonly string[]): readonly string[] {
  const models = providers.flatMap(({ models }) =>
    models.flatMap(({ id, aliases: own = [] }) => [id, ...own]),
  );
  const full = providers.flatMap(({ id, models }) =>
    models.flatMap((model) => [model.id, ...(model.aliases ?? [])].map((name) => `${id}/${name}`)),
  );
  const exact = aliases.filter((name) => !name.includes("*"));
  const patterns = aliases.filter((name) => name.includes("*"));
  const any = providers.filter(({ models }) => models.length === 0).map(({ id }) => `${id}/*`);
  const open = [...patterns, ...any].map((pattern) => formatTemplate(pattern));
  const names = ["auto", ...exact, ...providers.map(({ id }) => id), ...models, ...full];
  return [...[...new Set(names)].map((name) => JSON.stringify(name)), ...open];
}

/** The type of the texts that fit a pattern. */
function formatTemplate(pattern: string): string {
  const [start = "", end = ""] = pattern.split("*").map((text) => text.replace(/[`\\]|\$(?=\{)/g, "\\$&"));
  return `\`${start}\${string}${end}\``;
}

function lines<Item>(items: readonly Item[], format: (item: Item) => string): string {
  return items.map((item) => `${format(item)}\n`).join("");
}
