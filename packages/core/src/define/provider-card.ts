import { createCard, parseManifest } from "../contract/card.ts";
import type { ProviderCard } from "../contract/contract.ts";
import { parseHttpSettings } from "../contract/parse-settings.ts";

/**
 * The card that a manifest declares, with the settings of an instance that is made later.
 *
 * Its factory checks the settings of its own; here they only tell one key from another.
 *
 * @throws `config` that names the field
 */
export function providerCard(manifest: unknown, settings: object = {}): ProviderCard {
  const declared = parseManifest(manifest);
  const checked = parseHttpSettings(settings, declared.id);
  return createCard(declared, { ...settings, ...checked });
}
