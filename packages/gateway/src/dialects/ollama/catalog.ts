import type { Capability, ModelCard } from "@fallthrough/core";
import type { Candidate, Registry } from "@fallthrough/registry";
import { listModels } from "../../models.ts";

/** The release of Ollama whose API this is: clients refuse those that are too old. */
const VERSION = "0.12.6";
const FAMILY = "fallthrough";
/** Ollama's words for what a model can do. */
const CAPABILITIES: readonly (readonly [Capability, string])[] = [
  ["tools", "tools"],
  ["images", "vision"],
];

/** The answer of `/api/version`. */
export function formatVersion(): object {
  return { version: VERSION };
}

/** The answer of `/api/ps`: no model is kept in memory here. */
export function formatRunning(): object {
  return { models: [] };
}

/** The answer of `/api/tags`: every name that can be asked for and for which `isAllowed`. */
export async function formatTags(
  registry: Registry,
  isAllowed: (name: string) => boolean,
  signal: AbortSignal,
): Promise<object> {
  const models = (await listModels(registry, signal))
    .filter(({ id }) => isAllowed(id))
    .map(({ id, created }) => ({
      name: id,
      model: id,
      modified_at: new Date(created * 1000).toISOString(),
      size: 0,
      digest: "",
      details: formatDetails(),
      capabilities: capabilitiesOf(registry.resolve(id)),
    }));
  return { models };
}

/** The answer of `/api/show` about a name, by its candidates. */
export function formatShown(name: string, candidates: readonly Candidate[]): object {
  const windows = candidates.flatMap((candidate) => cardOf(candidate)?.contextWindow ?? []);
  return {
    modelfile: "",
    parameters: "",
    template: "",
    details: formatDetails(),
    model_info: {
      "general.architecture": FAMILY,
      "general.basename": name,
      // what every one of them takes
      ...(windows.length === 0 ? {} : { [`${FAMILY}.context_length`]: Math.min(...windows) }),
    },
    capabilities: capabilitiesOf(candidates),
  };
}

function formatDetails(): object {
  return {
    parent_model: "",
    format: "",
    family: FAMILY,
    families: [FAMILY],
    parameter_size: "",
    quantization_level: "",
  };
}

/** What one candidate at least does not deny: the chain asks only those that can. */
function capabilitiesOf(candidates: readonly Candidate[]): readonly string[] {
  const known = candidates.map((candidate) => cardOf(candidate)?.capabilities ?? {});
  const can = CAPABILITIES.filter(([name]) => known.some((card) => card[name] !== false)).map(
    ([, word]) => word,
  );
  const thinks = known.some(({ reasoning }) => reasoning === true);
  return ["completion", ...can, ...(thinks ? ["thinking"] : [])];
}

function cardOf({ provider, model }: Candidate): ModelCard | undefined {
  return provider.models.find(({ id }) => id === model);
}
