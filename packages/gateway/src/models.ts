import type { ProviderCard } from "@fallthrough/core";
import type { Registry } from "@fallthrough/registry";

/** A name that can be asked for, in OpenAI's shape. */
export interface ModelObject {
  /** A name that can be asked for. */
  readonly id: string;
  readonly object: "model";
  /** Unix seconds; of the author's claim about the provider, since nobody tells when a model was made. */
  readonly created: number;
  /** The provider or the kind of the name. */
  readonly owned_by: string;
}

const OWN = "fallthrough";

/** Every name that can be asked for: `auto`, aliases, models and references; a provider that takes any name by its id. */
export function listModels(registry: Registry): readonly ModelObject[] {
  const providers = registry.providers();
  const names = new Map<string, ModelObject>();
  const add = (id: string, owner: string, created = 0): void => {
    if (!names.has(id)) names.set(id, { id, object: "model", created, owned_by: owner });
  };
  // a pattern is no name to ask for
  const aliases = Object.keys(registry.aliases()).filter((name) => !name.includes("*"));
  for (const name of ["auto", ...aliases]) add(name, OWN);
  for (const { model, provider } of registry.models()) {
    for (const name of [model.id, ...(model.aliases ?? [])]) add(name, OWN, createdOf(providers, provider));
  }
  for (const { id, models } of providers) {
    const created = createdOf(providers, id);
    if (models.length === 0) add(id, id, created);
    for (const model of models) add(`${id}/${model.id}`, id, created);
  }
  return [...names.values()];
}

function createdOf(providers: readonly ProviderCard[], id: string): number {
  const checked = providers.find((provider) => provider.id === id)?.status.checked;
  return checked === undefined ? 0 : Math.floor(Date.parse(checked) / 1000);
}
