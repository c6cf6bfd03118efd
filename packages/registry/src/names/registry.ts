import {
  type ChainRequest,
  ChatError,
  type ChatProvider,
  type ChatReply,
  type Need,
  type ProviderCard,
} from "@fallthrough/core";
import {
  createReply,
  type FieldParser,
  type FieldParsers,
  FORWARDS,
  type ForwardingRegistry,
  fieldProblem,
  instanceSettings,
  kindOf,
  listOf,
  objectOf,
  parseChainRequest,
  parseFunction,
  parseInput,
  parseProvider,
  parseText,
  readNow,
  recordOf,
  wrongValue,
} from "@fallthrough/core/internal";
import { fieldsOf, quote } from "@fallthrough/core/provider";
import { type Candidate, type LaterPlan, type Plan, planCandidates } from "../chain/candidate.ts";
import { createContext } from "../chain/chain.ts";
import { createChainCall } from "../chain/chain-call.ts";
import { CHAIN_FIELDS, type ChainOptions, parseOptions } from "../chain/chain-options.ts";
import { type Absence, absenceOf } from "../discovery/absence.ts";
import type { DiscoveredProvider } from "../discovery/discovered-provider.ts";
import { createServers, installedPackage, parseServers, type Servers } from "../discovery/servers.ts";
import type { OnCall } from "../events/call-events.ts";
import type { HealthStore } from "../health/health.ts";
import { type ExplainStep, explainResolution } from "./explain.ts";
import { forwardingCandidates } from "./forward.ts";
import {
  createModelLister,
  type ListModelsOptions,
  listingsOf,
  type ModelLister,
  type ModelListing,
} from "./model-lister.ts";
import {
  createCatalog,
  type LeftOut,
  mayBeListed,
  presentProviders,
  resolveReference,
} from "./references.ts";

/** What a registry is made of; the chain's options hold for every call. */
export interface RegistryOptions<Alias extends string = string> extends Omit<ChainOptions, "id"> {
  /** In the order in which they are asked, after the servers. */
  readonly providers?: readonly ChatProvider[] | undefined;
  /** Servers of the application's own, by the names that they get. @default none */
  readonly servers?: Servers | undefined;
  /** Names of the application; each means a reference, another alias, or a list of them. One "*" in a name matches any text. */
  readonly aliases?: { readonly [Name in Alias]: string | readonly string[] } | undefined;
  /** What discovery left out; the error of an unknown name says why. @default none */
  readonly problems?: readonly LeftOut[] | undefined;
}

/** An alias, `auto`, a model that providers declare, a provider, or `provider/model`. */
export type ModelReference<Alias extends string = string> = Alias | "auto" | (string & Record<never, never>);

/** A request whose model is a reference. */
export interface RegistryRequest<Alias extends string = string> extends Omit<ChainRequest, "model"> {
  /** A reference. @default "auto" */
  readonly model?: ModelReference<Alias> | undefined;
}

/** A provider that `auto` does not ask. */
export interface AbsentProvider extends Absence {
  /** Its card. */
  readonly provider: ProviderCard;
}

/** Maps names to providers and asks them in turn. */
export interface Registry<Alias extends string = string> {
  /** Asks the candidates of the model one after the other, until one answers. */
  chat(request: RegistryRequest<Alias>): ChatReply;
  /** What the cards declare; a provider that takes any name has none here. */
  models(): readonly ModelListing[];
  /** The providers that `auto` asks, in order. */
  providers(): readonly ProviderCard[];
  /** The providers that are not there: whose key is not set, or whose server does not run. */
  absent(): readonly AbsentProvider[];
  /** The candidates of a name, in the order of asking; @throws `config` */
  resolve(name?: ModelReference<Alias>): readonly Candidate[];
  /** Every step from a name to those who would be asked now, and why others would not; @throws `config` */
  explain(name?: ModelReference<Alias>, needs?: readonly Need[]): Promise<readonly ExplainStep[]>;
  /** The names of the application. */
  aliases(): Readonly<Record<Alias, readonly string[]>>;
  /** Forgets the failures of one provider, or of all: for a key that was corrected; @throws `config` for an unknown id */
  resetHealth(provider?: string): Promise<void>;
  /** Tells every further call to one more listener; gives what ends that. */
  observe(listener: OnCall): () => void;
  /** Asks the servers which models they have; a server that it cannot reach is listed by its card. */
  listModels(options?: ListModelsOptions): Promise<readonly ModelListing[]>;
  /** Ends every call with `config`, then closes the providers. */
  close(): Promise<void>;
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const { id: _, ...SHARED_FIELDS } = CHAIN_FIELDS;
const REGISTRY_FIELDS: FieldParsers<RegistryOptions> = {
  ...SHARED_FIELDS,
  providers: listOf(parseProvider),
  servers: parseServers,
  aliases: recordOf(parseTargets),
  problems: listOf(parseProblem),
};
const parseWithServers: FieldParser<RegistryOptions> = objectOf(REGISTRY_FIELDS);
const parseWithProviders: FieldParser<RegistryOptions> = objectOf(REGISTRY_FIELDS, {
  required: ["providers"],
});

function parseRegistryFields(value: unknown): RegistryOptions {
  return (fieldsOf(value)["servers"] === undefined ? parseWithProviders : parseWithServers)(value);
}

const NAME = { code: "config", whole: "the name", field: "name" } as const;
const LISTENER = { code: "config", whole: "the listener of observe()", field: "listener" } as const;
const NEEDS = { code: "config", whole: "the needs of explain()", field: "need" } as const;
const parseNeeds: FieldParser<readonly Need[]> = listOf(parseText) as FieldParser<Need[]>;

/** A name that may be left out; @throws `config` for anything but a name */
function readName(name: unknown): string | undefined {
  return name === undefined ? undefined : parseInput(name, parseText, NAME);
}

function parseTargets(value: unknown): string | readonly string[] {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) throw wrongValue(value, "a reference or a list of references");
  return listOf(parseText)(value);
}

function parseProblem(value: unknown): LeftOut {
  if (typeof value === "object" && value !== null && "error" in value && value.error instanceof Error)
    return value as LeftOut;
  throw fieldProblem(`is ${kindOf(value)}`, "what discoverProviders() gives as `problems`");
}

/**
 * Creates a registry over these providers.
 *
 * @throws `config` for an option that is unknown or wrong, two providers of one id, and an alias that cannot be
 */
export function createRegistry<const Alias extends string = string>(
  options: RegistryOptions<Alias>,
): Registry<Alias> {
  const {
    providers: others = [],
    servers = {},
    aliases,
    problems,
    ...behaviour
  } = parseOptions(options, parseRegistryFields, "createRegistry()");
  const providers = [...createServers(servers, installedPackage), ...others];
  checkIds(providers);
  const lister: ModelLister = createModelLister(
    () => presentProviders(catalog),
    () => catalog.resolved.clear(),
  );
  const catalog = createCatalog(providers, aliases, problems, lister.listed);
  const context = { ...createContext(behaviour, "registry"), listedWindow: lister.windowOf };
  const { health } = context;

  // the model of a request is a name here, and only the plan knows its meaning
  const plan = planLater((need) => resolveReference(catalog, need.model).plan({ ...need, model: undefined }));

  /** Asks the servers first where only they can know the name. */
  function planLater(now: Plan): LaterPlan {
    return (need, signal) =>
      mayBeListed(catalog, need.model) ? lister.list({ signal }).then(() => now(need)) : now(need);
  }

  const forwards: ForwardingRegistry[typeof FORWARDS] = (call) => {
    const { body, model, signal } = call;
    const forwardPlan: LaterPlan = planLater((need) => {
      const { candidates } = resolveReference(catalog, need.model);
      return planCandidates(forwardingCandidates(candidates, call))({ ...need, model: undefined });
    });
    const request = { model, messages: [{ role: "user", content: body }], signal };
    const read = readNow(() => parseChainRequest(request));
    const operation = call.path === "/embeddings" ? "embeddings" : "completions";
    return createReply((route) => createChainCall(context, forwardPlan, read, { route }, operation));
  };

  const registry: Registry<Alias> & ForwardingRegistry = {
    [FORWARDS]: forwards,
    chat(request) {
      const read = readNow(() => parseChainRequest(request));
      return createReply((route) => createChainCall(context, plan, read, { route }));
    },
    models: () => presentProviders(catalog).flatMap((provider) => listingsOf(provider, provider.models)),
    providers: () => presentProviders(catalog),
    absent: () =>
      catalog.changing.flatMap((provider) => {
        const absence = absenceOf(provider);
        return absence === undefined ? [] : { provider, ...absence };
      }),
    resolve(name) {
      const { steps, candidates } = resolveReference(catalog, readName(name));
      const all = steps.some(({ type }) => type === "auto");
      return all
        ? candidates.filter(({ provider, explicit }) => explicit || provider.status.state !== "retired")
        : candidates;
    },
    explain: async (name, needs = []) => {
      const asked = readName(name);
      const able = parseInput(needs, parseNeeds, NEEDS);
      if (mayBeListed(catalog, asked)) await lister.list();
      return explainResolution(resolveReference(catalog, asked), health, able);
    },
    aliases: () => Object.fromEntries(catalog.aliases) as Record<Alias, readonly string[]>,
    resetHealth: async (provider) => resetHealth(health, providers, readName(provider)),
    observe(listener) {
      const listen = parseInput(listener, parseFunction, LISTENER) as OnCall;
      // the same function may be given twice
      const own: OnCall = (call) => listen(call);
      context.listeners.add(own);
      return () => void context.listeners.delete(own);
    },
    listModels: (listing) => lister.list(listing),
    close: () => context.close(providers),
    [Symbol.asyncDispose]: () => context.close(providers),
  };
  return registry;
}

async function resetHealth(
  health: HealthStore,
  providers: readonly ChatProvider[],
  id: string | undefined,
): Promise<void> {
  if (health.reset === undefined)
    throw new ChatError("config", "the health store cannot forget, expected one with `reset()`");
  const provider = id === undefined ? undefined : providers.find((one) => one.id === id);
  if (id !== undefined && provider === undefined)
    throw new ChatError("config", `provider ${quote(id)} is unknown, expected one of the registry's`);
  if (provider === undefined) return health.reset();
  const { origin, key, keys = [key] } = instanceSettings(provider);
  for (const one of keys) await health.reset({ provider: provider.id, origin, key: one });
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
