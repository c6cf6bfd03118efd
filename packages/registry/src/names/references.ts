import { ChatError, type ChatErrorCode, type ChatProvider, type ModelCard } from "@fallthrough/core";
import { findModel } from "@fallthrough/core/internal";
import { quote } from "@fallthrough/core/provider";
import leven from "leven";
import { type Candidate, type Plan, planCandidates } from "../chain/candidate.ts";
import { absenceOf, mayBeAbsent, nobodyPresent } from "../discovery/absence.ts";

/** The reference that an omitted model means. */
const AUTO = "auto";

/** The longest name of a model, an alias or a provider, in characters. */
const LONGEST_NAME = 256;

/** Matches any text in a pattern of names. */
const WILDCARD = "*";

/** So many letters may be wrong in a name that was meant for another. */
const TYPING_ERRORS = 2;

/** What references are resolved against. */
export interface Catalog {
  /** The providers, in order. */
  readonly providers: readonly ChatProvider[];
  /** The names of the application. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  /** What discovery left out, and why; an unknown name may be one of these. */
  readonly problems: readonly LeftOut[];
  /** The models that a server listed last; asks nobody. */
  readonly listed: (provider: ChatProvider) => readonly ModelCard[];
  /** Those of the providers that may be absent. */
  readonly changing: readonly ChatProvider[];
  /** Those of them that are absent, as `resolved` knows it. */
  absent: readonly ChatProvider[];
  /** The meanings of names, kept as they are asked for; `provider/model` is not kept, because any name may follow the slash. */
  readonly resolved: Map<string, Resolution>;
}

/** A package that is not among the providers. */
export interface LeftOut {
  /** Why it was left out. */
  readonly error: Error;
}

/**
 * What one name means.
 *
 * `auto` is every provider, `alias` a name of the application, `model` one that providers declare, `provider` a
 * provider's default model, `reference` a `provider/model`.
 */
export interface ReferenceStep {
  /** What kind of name it is. */
  readonly type: "auto" | "alias" | "model" | "provider" | "reference";
  /** The name. */
  readonly name: string;
  /** What it leads to, in order. */
  readonly targets: readonly string[];
}

/** A reference with all its candidates. */
export interface Resolution {
  /** Every step from the name to a candidate. */
  readonly steps: readonly ReferenceStep[];
  /** The candidates, in order. */
  readonly candidates: readonly Candidate[];
  /** The candidates, with those that would be skipped. */
  readonly plan: Plan;
}

/** A catalog of these providers, with the application's aliases checked; @throws `config` */
export function createCatalog(
  providers: readonly ChatProvider[],
  aliases: Readonly<Record<string, string | readonly string[]>> = {},
  problems: readonly LeftOut[] = [],
  listed: Catalog["listed"] = () => [],
): Catalog {
  const changing = providers.filter(mayBeAbsent);
  return {
    providers,
    aliases: parseAliases(aliases),
    problems,
    listed,
    changing,
    absent: [],
    resolved: new Map(),
  };
}

function parseAliases(aliases: Readonly<Record<string, string | readonly string[]>>): Catalog["aliases"] {
  return new Map(
    Object.entries(aliases).map(([name, target]) => {
      const targets = typeof target === "string" ? [target] : target;
      if (name === AUTO || name.includes("/") || name === "") {
        throw new ChatError(
          "config",
          `alias ${quote(name)} is no name, expected one without "/" and not "auto"`,
        );
      }
      if (targets.length === 0) {
        throw new ChatError("config", `alias ${quote(name)} leads nowhere, expected at least one reference`);
      }
      if (name.split(WILDCARD).length > 2) {
        throw new ChatError("config", `alias ${quote(name)} has several "*", expected one at most`);
      }
      for (const one of [name, ...targets]) checkLength(one, "config");
      return [name, targets];
    }),
  );
}

/**
 * Finds the candidates of a reference.
 *
 * @throws `config` for a name that does not exist and for a cycle of aliases, `bad-request` for one that is too long
 */
export function resolveReference(catalog: Catalog, reference: string = AUTO): Resolution {
  if (catalog.changing.length > 0) notePresence(catalog);
  const known = catalog.resolved.get(reference);
  if (known !== undefined) return known;
  checkLength(reference, "bad-request");
  // countless names fit a pattern, and all mean the same
  const name = findPattern(catalog, reference) ?? reference;
  const resolution = catalog.resolved.get(name) ?? findCandidates(catalog, name);
  if (!name.includes("/")) catalog.resolved.set(name, resolution);
  return resolution;
}

/** The longest pattern among the aliases that fits a name; `undefined` for a name that has a meaning itself. */
function findPattern({ providers, aliases }: Catalog, name: string): string | undefined {
  const exact =
    name === AUTO ||
    name.includes("/") ||
    aliases.has(name) ||
    providers.some((provider) => provider.id === name || findModel(provider, name) !== undefined);
  if (exact) return undefined;
  const fitting = [...aliases.keys()].filter((pattern) => fits(pattern, name));
  return fitting.toSorted((one, other) => other.length - one.length)[0];
}

function fits(pattern: string, name: string): boolean {
  const [start = "", end] = pattern.split(WILDCARD);
  if (end === undefined || name.length < start.length + end.length) return false;
  return name.startsWith(start) && name.endsWith(end);
}

/** Whether only the servers know what this name means, because they were not asked yet or not lately. */
export function mayBeListed(catalog: Catalog, name: string = AUTO): boolean {
  if (catalog.resolved.has(name) || name.includes("/") || !presentProviders(catalog).some(takesAnyModel))
    return false;
  try {
    resolveReference(catalog, name);
    return false;
  } catch (error) {
    return error instanceof ChatError && error.code === "config";
  }
}

/** Forgets what names stood for where somebody came or went. */
function notePresence(catalog: Catalog): void {
  const { changing, absent } = catalog;
  const now = changing.filter((provider) => absenceOf(provider) !== undefined);
  if (now.length === absent.length && now.every((provider, place) => provider === absent[place])) return;
  catalog.absent = now;
  catalog.resolved.clear();
}

function checkLength({ length }: string, code: ChatErrorCode): void {
  if (length > LONGEST_NAME)
    throw new ChatError(code, `a name has ${length} characters, expected at most ${LONGEST_NAME}`);
}

function findCandidates(catalog: Catalog, reference: string): Resolution {
  const steps: ReferenceStep[] = [];
  const candidates = new Map<string, Candidate>();

  function add(type: ReferenceStep["type"], name: string, found: readonly Candidate[]): void {
    steps.push({ type, name, targets: found.map(formatCandidate) });
    for (const candidate of found) {
      const key = formatCandidate(candidate);
      const explicit = candidate.explicit === true || candidates.get(key)?.explicit === true;
      candidates.set(key, { ...candidate, explicit });
    }
  }

  function visit(reference: string, path: readonly string[]): void {
    const name = findPattern(catalog, reference) ?? reference;
    const slash = name.indexOf("/");
    const targets = catalog.aliases.get(name);
    if (slash !== -1) add("reference", name, [findReference(catalog, name, slash)]);
    else if (name === AUTO) add("auto", name, presentProviders(catalog).map(defaultCandidate));
    else if (targets === undefined) addDeclared(name);
    else {
      if (path.includes(name)) {
        throw new ChatError(
          "config",
          `alias ${[...path, name].map((one) => quote(one)).join(" leads to ")}, expected an end`,
        );
      }
      steps.push({ type: "alias", name, targets });
      for (const target of targets) visit(target, [...path, name]);
    }
  }

  function addDeclared(name: string): void {
    const declaring = catalog.providers.flatMap((provider) => {
      const model =
        findModel(provider, name)?.id ?? catalog.listed(provider).find(({ id }) => id === name)?.id;
      return model === undefined ? [] : { provider, model, explicit: false };
    });
    const provider = catalog.providers.find(({ id }) => id === name);
    if (declaring.length > 0) add("model", name, declaring);
    else if (provider === undefined) throw unknown(catalog, "model", name, knownNames(catalog));
    else add("provider", name, [{ ...defaultCandidate(provider), explicit: true }]);
  }

  visit(reference, []);
  if (candidates.size === 0 && catalog.absent.length > 0) throw nobodyPresent(catalog.absent);
  if (candidates.size === 0) {
    const why = formatLeftOut(catalog);
    throw new ChatError("config", `the registry has no provider, expected at least one${why}`);
  }
  const found = [...candidates.values()];
  return { steps, candidates: found, plan: planCandidates(found) };
}

/** The providers that `auto` asks. */
export function presentProviders(catalog: Catalog): readonly ChatProvider[] {
  const { providers, changing } = catalog;
  if (changing.length > 0) notePresence(catalog);
  const { absent } = catalog;
  return absent.length === 0 ? providers : providers.filter((provider) => !absent.includes(provider));
}

/** `provider/model`, or the provider alone where no model is named. */
export function formatCandidate({ provider, model }: Candidate): string {
  return model === undefined ? provider.id : `${provider.id}/${model}`;
}

function defaultCandidate(provider: ChatProvider): Candidate {
  return { provider, model: provider.models[0]?.id, explicit: false };
}

function findReference(catalog: Catalog, reference: string, slash: number): Candidate {
  const { providers } = catalog;
  const id = reference.slice(0, slash);
  const name = reference.slice(slash + 1);
  const provider = providers.find((one) => one.id === id);
  if (provider === undefined) throw unknown(catalog, "provider", reference, references(providers));
  const open = provider.models.length === 0 && name !== "";
  const model = open ? name : findModel(provider, name)?.id;
  if (model === undefined) throw unknown(catalog, "model", reference, references([provider]));
  return { provider, model, explicit: true };
}

function references(providers: readonly ChatProvider[]): string[] {
  return providers.flatMap(({ id, models }) =>
    models.length === 0 ? `${id}/...` : models.map((model) => `${id}/${model.id}`),
  );
}

function knownNames({ providers, aliases }: Catalog): string[] {
  const models = providers.flatMap((provider) =>
    provider.models.flatMap(({ id, aliases = [] }) => [id, ...aliases]),
  );
  return [AUTO, ...aliases.keys(), ...models, ...providers.map(({ id }) => id)];
}

/** What is likely to be meant comes first, because a message may be cut at its end. */
function unknown(
  catalog: Catalog,
  what: "model" | "provider",
  name: string,
  known: readonly string[],
): ChatError {
  const { providers } = catalog;
  const lower = name.toLowerCase();
  const distances = new Map(known.map((other) => [other, leven(lower, other.toLowerCase())]));
  const [nearest = AUTO, ...others] = [...distances.keys()].toSorted(
    (a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0),
  );
  const isModel = what === "model" && name !== "" && !name.includes("/");
  const open = isModel ? providers.filter(takesAnyModel) : [];
  const likely = (distances.get(nearest) ?? 0) <= TYPING_ERRORS || open.length === 0;
  const meant = [...(likely ? [nearest] : []), ...open.map(({ id }) => `${id}/${name}`)];
  const hint = meant.map((one) => quote(one)).join(" or ");
  const takers = open.length === 0 ? "" : ` (${open.map(({ id }) => id).join(", ")}: any model name)`;
  const left = formatLeftOut(catalog);
  const list = [nearest, ...others].join(", ");
  return new ChatError(
    "config",
    `unknown ${what} ${quote(name)}, did you mean ${hint}${takers}${left}; known: ${list}`,
    { fix: `Ask for ${hint}, or for another of the known names.` },
  );
}

function formatLeftOut({ problems }: Catalog): string {
  return problems.map(({ error }) => `; left out: ${error.message}`).join("");
}

function takesAnyModel({ models }: ChatProvider): boolean {
  return models.length === 0;
}
