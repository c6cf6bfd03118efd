import type { ProviderCard } from "@fallthrough/core";
import type { Registry } from "@fallthrough/registry";

/** A name that can be asked for, in OpenAI's shape. */
export interface ModelObject {
  /** A name that can be asked for. */
  readonly id: string;
  readonly object: "model";
  /** Unix seconds of the author's claim about the provider, since nobody says when a model was made. */
  readonly created: number;
  /** The provider or the kind of the name. */
  readonly owned_by: string;
}

const OWN = "fallthrough";

/**
 * Every name that can be asked for: `auto`, aliases, models and references. A provider whose server lists no models
 * is listed by its id.
 */
export async function listModels(registry: Registry, signal?: AbortSignal): Promise<readonly ModelObject[]> {
  const providers = registry.providers();
  const listings = await registry.listModels({ signal });
  const names = new Map<string, ModelObject>();
  const add = (id: string, owner: string, created = 0): void => {
    if (!names.has(id)) names.set(id, { id, object: "model", created, owned_by: owner });
  };
  // a pattern is no name to ask for
  const aliases = Object.keys(registry.aliases()).filter((name) => !name.includes("*"));
  for (const name of ["auto", ...aliases]) add(name, OWN);
  for (const { model, provider } of listings) {
    for (const name of [model.id, ...(model.aliases ?? [])]) add(name, OWN, createdOf(providers, provider));
  }
  for (const { id } of providers) {
    const created = createdOf(providers, id);
    const own = listings.filter(({ provider }) => provider === id);
    if (own.length === 0) add(id, id, created);
    for (const { reference } of own) add(reference, id, created);
  }
  return [...names.values()];
}

function createdOf(providers: readonly ProviderCard[], id: string): number {
  const checked = providers.find((provider) => provider.id === id)?.status.checked;
  return checked === undefined ? 0 : Math.floor(Date.parse(checked) / 1000);
}
