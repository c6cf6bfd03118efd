import { ChatError, type ChatProvider, type ModelCard } from "@fallthrough/core";
import {
  abortReason,
  ignoreAbort,
  listenToAbort,
  objectOf,
  parseDeclaredModels,
  parseInput,
  parseSignal,
} from "@fallthrough/core/internal";

/** One model that can be asked for. */
export interface ModelListing {
  /** `provider/model`. */
  readonly reference: string;
  /** The provider's id. */
  readonly provider: string;
  /** The model's card, as the provider declares it or its server lists it. */
  readonly model: ModelCard;
}

/** How the servers are asked. */
export interface ListModelsOptions {
  /** Ends the listing with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Asks the servers for their models. */
export interface ModelLister {
  /** Asks every server that lists its models, or answers from what it remembers. */
  list(options?: ListModelsOptions): Promise<readonly ModelListing[]>;
  /** The context window that the server listed last for a model, where it listed one; asks nobody. */
  windowOf(provider: ChatProvider, model: string): number | undefined;
  /** The models that the server listed last; asks nobody. */
  listed(provider: ChatProvider): readonly ModelCard[];
}

/** The longest that one server may take, in milliseconds. */
const LONGEST_MS = 5_000;
/** So many servers are asked at once. */
const AT_ONCE = 8;
/** How long an answer is remembered, in milliseconds. */
const REMEMBERED_MS = 60_000;

const parseListOptions = objectOf<ListModelsOptions>({ signal: parseSignal });
const OPTIONS = {
  code: "config",
  whole: "the options of listModels()",
  field: "listModels() option",
} as const;
const LIST = { code: "contract", whole: "what listModels() gave", field: "field of listModels()" } as const;

interface Known {
  readonly until: number;
  readonly models: readonly ModelCard[];
}

/** A lister that asks each server again after a minute, at the earliest. `changed` is called after each answer. */
export function createModelLister(
  providers: () => readonly ChatProvider[],
  changed: () => void = () => {},
): ModelLister {
  const known = new Map<ChatProvider, Known>();

  async function modelsOf(
    provider: ChatProvider,
    signal: AbortSignal | undefined,
  ): Promise<readonly ModelCard[]> {
    const kept = known.get(provider);
    if (kept !== undefined && performance.now() < kept.until) return kept.models;
    if (provider.listModels === undefined) return provider.models;
    try {
      const models = parseInput(await untilAborted(provider, signal), parseDeclaredModels, LIST);
      known.set(provider, { until: performance.now() + REMEMBERED_MS, models });
      changed();
      return models;
    } catch {
      if (signal?.aborted) throw abortReason(signal);
      // a server that cannot be reached has at least what its card declares
      return provider.models;
    }
  }

  return {
    async list(options = {}) {
      const { signal } = parseInput(options, parseListOptions, OPTIONS);
      if (signal?.aborted) throw abortReason(signal);
      const lists: (readonly ModelListing[])[] = [];
      const waiting = [...providers().entries()];
      const ask = async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const [place, provider] = next;
          lists[place] = listingsOf(provider, await modelsOf(provider, signal));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, ask));
      return lists.flat();
    },
    listed: (provider) => known.get(provider)?.models ?? [],
    windowOf: (provider, model) => known.get(provider)?.models.find(({ id }) => id === model)?.contextWindow,
  };
}

/** The models of one provider, each under its reference. */
export function listingsOf({ id }: ChatProvider, models: readonly ModelCard[]): readonly ModelListing[] {
  return models.map((model) => ({ reference: `${id}/${model.id}`, provider: id, model }));
}

/** What the server lists; a provider that hangs is not waited for. */
async function untilAborted(provider: ChatProvider, signal: AbortSignal | undefined): Promise<unknown> {
  const controller = new AbortController();
  const end = () => controller.abort(signal === undefined ? undefined : abortReason(signal));
  const late = new ChatError("timeout", `listModels() took longer than ${LONGEST_MS} ms`);
  const timer = setTimeout(() => controller.abort(late), LONGEST_MS);
  if (signal !== undefined) listenToAbort(signal, end);
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason));
  });
  try {
    return await Promise.race([provider.listModels?.({ signal: controller.signal }), aborted]);
  } finally {
    clearTimeout(timer);
    if (signal !== undefined) ignoreAbort(signal, end);
  }
}
