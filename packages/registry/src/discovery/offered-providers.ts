import { dirname } from "node:path";
import { ChatError, type ProviderSettings } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import {
  createDiscoveredProvider,
  type DiscoveredProvider,
  type ProviderSource,
} from "./discovered-provider.ts";
import { type Manifest, resolveEntry } from "./manifests.ts";

/** The version of the contract that this registry speaks. */
const CONTRACT = 1;

/** The settings of each provider, by its id. */
export type ProviderSettingsById = Readonly<
  Record<string, ProviderSettings | Readonly<Record<string, unknown>>>
>;

/** The providers of one package: itself, and the ready-made instances that its manifest lists. */
export function offeredProviders(
  name: string,
  manifest: Manifest,
  file: string,
  reason: string,
  settingsOf: (id: string) => ProviderSettingsById[string] | undefined,
): readonly DiscoveredProvider[] {
  const path = dirname(file);
  const version = String(manifest["version"] ?? "");
  const source: ProviderSource = { package: name, version, path, reason };
  const { factory, instances = [], ...declared } = Object(manifest["fallthrough"]);
  const { specificationVersion } = declared;
  if (typeof specificationVersion === "number" && specificationVersion > CONTRACT) {
    throw new ChatError(
      "config",
      `is written for version ${specificationVersion} of the contract and this registry knows ${CONTRACT}, expected a later @fallthrough/registry or an earlier version of the package`,
    );
  }
  const entry = resolveEntry(manifest, path);
  if (typeof factory !== "string")
    throw new ChatError("contract", "manifest field `fallthrough.factory` is missing");
  if (entry === undefined)
    throw new ChatError("contract", "manifest field `exports` names no module for `import`");
  if (!Array.isArray(instances))
    throw new ChatError("contract", "manifest field `fallthrough.instances` is not a list");

  return [{ id: declared.id }, ...instances.map(Object)].flatMap(({ settings: preset, ...card }, index) => {
    const { id } = card;
    // an instance of the card's own id refines it
    if (index === 0 && instances.some((instance) => instance?.id === id)) return [];
    const own = settingsOf(id);
    const merged: ProviderSettings | undefined = index === 0 ? own : { id, ...preset, ...own };
    const offered = providerCard({ fallthrough: { ...declared, ...card } }, merged);
    return createDiscoveredProvider(offered, source, { entry, name: factory, settings: merged });
  });
}
