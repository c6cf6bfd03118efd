import { dirname, join } from "node:path";
import { ChatError, type ProviderSettings } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { quote } from "@fallthrough/core/provider";
import type { Absence } from "./absence.ts";
import {
  createDiscoveredProvider,
  type DiscoveredProvider,
  type ProviderFactory,
  type ProviderSource,
} from "./discovered-provider.ts";
import { addressOf, type Listeners } from "./listeners.ts";
import { type Manifest, readManifest, resolveEntry } from "./manifests.ts";
import { fillIn, lackOf, movedServer, type Needs } from "./needs.ts";

/** The version of the contract that this registry speaks. */
const CONTRACT = 1;

/** The settings of each provider, by its id. */
export type ProviderSettingsById = Readonly<
  Record<string, ProviderSettings | Readonly<Record<string, unknown>>>
>;

/** A ready-made instance of a package: what its card changes, and its settings. */
export interface OfferedInstance {
  /** Its id, which is its name in references. */
  readonly id: string;
  /** What its own server wants: address, key, limits. They fall away with a base URL of the application's. */
  readonly server?: ProviderSettings | undefined;
  /** What servers of its kind have in common. */
  readonly settings?: ProviderSettings | undefined;
  /** What has to be there before it can answer. */
  readonly needs?: Needs | undefined;
}

/** A package that offers providers, as its manifest describes it. */
export interface ProviderPackage {
  /** Where it is, and why it was accepted. */
  readonly source: ProviderSource;
  /** The card of the manifest. */
  readonly card: {
    /** The id of the package's own provider. */
    readonly id: string;
  };
  /** How a provider is made. */
  readonly factory: ProviderFactory;
  /** The protocol of which the factory makes a provider for any server; absent where it speaks to one alone. */
  readonly protocol: string | undefined;
  /** The ready-made instances. */
  readonly instances: readonly OfferedInstance[];
}

/** Reads what a package offers; @throws `config` or `contract` where it offers nothing that can be used */
export function readPackage(name: string, manifest: Manifest, file: string, reason: string): ProviderPackage {
  const path = dirname(file);
  const version = String(manifest["version"] ?? "");
  const { factory, instances, protocol, ...card } = Object(manifest["fallthrough"]);
  const { specificationVersion } = card;
  if (typeof specificationVersion === "number" && specificationVersion > CONTRACT) {
    throw new ChatError(
      "config",
      `is written for version ${specificationVersion} of the contract and this registry knows ${CONTRACT}, expected a later @fallthrough/registry or an earlier version of the package`,
      { fix: "Update @fallthrough/registry, or the command `fallthrough`, to its newest version." },
    );
  }
  const entry = resolveEntry(manifest, path);
  if (typeof factory !== "string")
    throw new ChatError("contract", "manifest field `fallthrough.factory` is missing");
  if (entry === undefined)
    throw new ChatError("contract", "manifest field `exports` names no module for `import`");
  return {
    source: { package: name, version, path, reason },
    card,
    factory: { entry, name: factory },
    protocol: typeof protocol === "string" ? protocol : undefined,
    instances: readInstances(instances, path),
  };
}

/** The instances that a manifest lists, or names a file of. */
function readInstances(value: unknown = [], path: string): readonly OfferedInstance[] {
  const list = typeof value === "string" ? readManifest(join(path, value))["presets"] : value;
  if (!Array.isArray(list))
    throw new ChatError("contract", "manifest field `fallthrough.instances` is not a list, or a file of one");
  return list.map(Object);
}

/**
 * The providers of one package: itself, and its ready-made instances.
 *
 * An instance whose settings the application got wrong goes to `refuse`, and the others stay.
 */
export function offeredProviders(
  from: ProviderPackage,
  settingsOf: (id: string) => ProviderSettingsById[string] | undefined,
  listeners: Listeners,
  refuse: (id: string, error: ChatError) => void,
): readonly DiscoveredProvider[] {
  const { card, instances } = from;
  const itself: OfferedInstance = { id: card.id };
  // an instance of the card's own id refines it
  const all = [...(instances.some(({ id }) => id === card.id) ? [] : [itself]), ...instances];
  return all.flatMap((instance) => {
    const own = settingsOf(instance.id);
    try {
      const settings = instance === itself ? own : mergeSettings(instance, instance.id, own);
      return [createInstance(from, instance, settings, absenceFor(instance, own, settings, listeners))];
    } catch (error) {
      // what the application did not say is the fault of the package
      if (own === undefined || !(error instanceof ChatError) || error.code !== "config") throw error;
      refuse(instance.id, error);
      return [];
    }
  });
}

/** A provider of this package, with what its manifest says of an instance. */
export function createInstance(
  from: ProviderPackage,
  instance: object,
  settings: ProviderSettings | undefined,
  absence?: () => Absence | undefined,
): DiscoveredProvider {
  const { source, factory } = from;
  const { server: _, settings: __, needs: ___, ...card } = instance as OfferedInstance;
  const offered = providerCard({ fallthrough: { ...from.card, ...card } }, settings);
  return createDiscoveredProvider(offered, source, { ...factory, settings }, absence);
}

/** What the application says goes over what the package says, whose key is for its own server alone. */
export function mergeSettings(
  { server: usual, settings, needs }: Partial<OfferedInstance>,
  id: string,
  own: ProviderSettings = {},
): ProviderSettings {
  const server = usual && movedServer(usual, needs);
  const elsewhere = own.baseURL !== undefined && own.baseURL !== server?.baseURL;
  const merged = { id, ...(elsewhere ? {} : server), ...settings, ...own };
  return server?.baseURL !== undefined && merged.baseURL === server.baseURL
    ? { ...merged, baseURL: fillIn(server.baseURL) }
    : merged;
}

/** Tells what keeps an instance from being asked; `undefined` where nothing ever does. */
function absenceFor(
  { id, needs }: OfferedInstance,
  own: ProviderSettings | undefined,
  settings: ProviderSettings | undefined,
  listeners: Listeners,
): (() => Absence | undefined) | undefined {
  // who names a server knows that it is there
  if (needs === undefined || own?.baseURL !== undefined) return undefined;
  const { baseURL } = settings ?? {};
  if (needs.listening !== true || baseURL === undefined) {
    const lack = lackOf(id, needs, own);
    return lack && (() => lack);
  }
  listeners.add(id, baseURL);
  const address = addressOf(baseURL);
  return () => {
    const owner = listeners.ownerOf(baseURL);
    const isListening = listeners.isListening(baseURL);
    if (isListening && owner === id) return undefined;
    const seen = isListening
      ? `what listens on ${address} is asked as ${owner}`
      : `nothing listens on ${address}`;
    const fix = isListening ? `ask for ${quote(`${id}/...`)}` : `start its server on ${address}`;
    return { reason: `is not there: ${seen}`, fix, askable: true };
  };
}
