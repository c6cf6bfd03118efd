import {
  type Capability,
  ChatError,
  type ChatProvider,
  type ChatReply,
  type ChatRequest,
  type ModelCard,
  type ProviderCard,
} from "@fallthrough/core";
import { createReply, parseRequest } from "@fallthrough/core/internal";
import { quote } from "@fallthrough/core/provider";
import type { Candidate, Plan } from "../chain/candidate.ts";
import { type ChainOptions, closeAll, createContext } from "../chain/chain.ts";
import { createChainCall } from "../chain/chain-call.ts";
import type { DiscoveredProvider } from "../discovery/discovered-provider.ts";
import { type ExplainStep, explainResolution } from "./explain.ts";
import { createCatalog, type LeftOut, resolveReference } from "./references.ts";

/** What a registry is made of; the chain's options hold for every call. */
export interface RegistryOptions<Alias extends string = string> extends Omit<ChainOptions, "id"> {
  /** In the order in which they are asked. */
  readonly providers: readonly ChatProvider[];
  /** Names of the application; each stands for a reference, for another alias, or for a list of them. */
  readonly aliases?: { readonly [Name in Alias]: string | readonly string[] } | undefined;
  /** What discovery left out; the error of an unknown name tells why. @default none */
  readonly problems?: readonly LeftOut[] | undefined;
}

/** An alias, `auto`, a model that providers declare, a provider, or `provider/model`. */
export type ModelReference<Alias extends string = string> = Alias | "auto" | (string & Record<never, never>);

/** A request whose model is a reference. */
export interface RegistryRequest<Alias extends string = string> extends Omit<ChatRequest, "model"> {
  /** @default "auto" */
  /** A reference. @default "auto" */
  readonly model?: ModelReference<Alias> | undefined;
}

/** One model that can be asked for. */
export interface ModelListing {
  /** `provider/model`. */
  readonly reference: string;
  /** The provider's id. */
  readonly provider: string;
  /** The id of the model at its provider. */
  readonly model: ModelCard;
}

/** Maps names to providers and asks them in turn. */
export interface Registry<Alias extends string = string> {
  /** Asks what the model stands for, one after the other, until one answers. */
  chat(request: RegistryRequest<Alias>): ChatReply;
  /** What the cards declare; a provider that takes any name has none here. */
  models(): readonly ModelListing[];
  /** The providers, in order. */
  providers(): readonly ProviderCard[];
  /** What a name stands for, in the order of asking; @throws `config` */
  resolve(name?: ModelReference<Alias>): readonly Candidate[];
  /** Every step from a name to those who would be asked now, and why others would not; @throws `config` */
  explain(name?: ModelReference<Alias>, needs?: readonly Capability[]): readonly ExplainStep[];
  /** The names of the application. */
  aliases(): Readonly<Record<Alias, readonly string[]>>;
  /** Closes every provider. */
  close(): Promise<void>;
}

/**
 * Creates a registry over these providers.
 *
 * @throws `config` for two providers of one id and for an alias that cannot be
 */
export function createRegistry<const Alias extends string = string>(
  options: RegistryOptions<Alias>,
): Registry<Alias> {
  const { providers, aliases, problems } = options;
  checkIds(providers);
  const catalog = createCatalog(providers, aliases, problems);
  const context = createContext(options);
  const { health } = context;

  // the model of a request is a name here, and only the plan knows what it stands for
  const plan: Plan = (need) => resolveReference(catalog, need.model).plan({ ...need, model: undefined });

  return {
    chat: (request) =>
      createReply((route) => createChainCall(context, plan, () => parseRequest(request), { route })),
    models: () =>
      providers.flatMap(({ id, models }) =>
        models.map((model) => ({ reference: `${id}/${model.id}`, provider: id, model })),
      ),
    providers: () => providers,
    resolve(name) {
      const { steps, candidates } = resolveReference(catalog, name);
      const all = steps.some(({ type }) => type === "auto");
      return all
        ? candidates.filter(({ provider, explicit }) => explicit || provider.status.state !== "retired")
        : candidates;
    },
    explain: (name, needs = []) => explainResolution(resolveReference(catalog, name), health, needs),
    aliases: () => Object.fromEntries(catalog.aliases) as Record<Alias, readonly string[]>,
    close: () => closeAll(providers),
  };
}

function checkIds(providers: readonly ChatProvider[]): void {
  const known = new Map<string, ChatProvider>();
  for (const provider of providers) {
    const other = known.get(provider.id);
    if (other !== undefined) {
      const both = [other, provider].map((one) => quote(packageOf(one) ?? one.name)).join(" and ");
      throw new ChatError(
        "config",
        `providers ${both} have the same id ${quote(provider.id)}, expected another in the setting \`id\` of one`,
      );
    }
    known.set(provider.id, provider);
  }
}

function packageOf(provider: ChatProvider): string | undefined {
  return (provider as Partial<DiscoveredProvider>).source?.package;
}
