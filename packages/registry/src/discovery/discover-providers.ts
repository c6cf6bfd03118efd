import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ChatError } from "@fallthrough/core";
import { amendError, findManifest, nearestName } from "@fallthrough/core/internal";
import { quote } from "@fallthrough/core/provider";
import type { DiscoveredProvider } from "./discovered-provider.ts";
import { createListeners } from "./listeners.ts";
import { linkedPackages, locateManifest, type Manifest, readManifest } from "./manifests.ts";
import {
  offeredProviders,
  type ProviderPackage,
  type ProviderSettingsById,
  readPackage,
} from "./offered-providers.ts";
import { createServers, parseServers, type Servers } from "./servers.ts";

/** Where to look, and what to do with what is found. */
export interface DiscoverOptions {
  /** A file or folder of the application, `import.meta.url` for example. @default the working directory */
  readonly from?: string | URL | undefined;
  /** The settings of each provider, by its id. */
  readonly settings?: ProviderSettingsById | undefined;
  /** Servers of the application's own, by the names that they get. @default none */
  readonly servers?: Servers | undefined;
  /** The ids of the providers to ask first; the others follow as declared. */
  readonly order?: readonly string[] | undefined;
  /** The ids or packages that are accepted. @default all */
  readonly allow?: readonly string[] | undefined;
  /** The ids or packages that are left out, even when they are allowed. */
  readonly deny?: readonly string[] | undefined;
  /** Looks at the development dependencies too. @default false */
  readonly dev?: boolean | undefined;
}

/** What an application has installed. */
export interface Discovery {
  /** The providers that were found, in order. */
  readonly providers: readonly DiscoveredProvider[];
  /** What was left out, and why. */
  readonly problems: readonly DiscoveryProblem[];
}

/** A package that was left out, or a key of the settings that belongs to nobody. */
export interface DiscoveryProblem {
  /** The name of the package, or the key of the settings. */
  readonly package: string;
  /** The folder of the package, where it has one. */
  readonly path?: string | undefined;
  /** What is wrong with the package. */
  readonly error: ChatError;
}

/**
 * Finds the providers that the application declares in its own manifest.
 *
 * No code of a provider runs. Only the manifests of declared dependencies are read, and those of packages that are
 * linked into the application's folder. A broken package is a problem and the others work. Two packages of one id are
 * an error, because their order must not decide who gets the prompts: `deny` one of them.
 *
 * @throws `config` for a duplicate id and where there is no application
 */
export async function discoverProviders(options: DiscoverOptions = {}): Promise<Discovery> {
  const folder = folderOf(options.from ?? process.cwd());
  const application = findManifest(folder);
  if (application === undefined) throw new ChatError("config", `found no package.json in ${folder} or above`);
  const manifest = readApplication(application);
  const owner = nameOf(manifest) ?? dirname(application);

  const { settings = {} } = options;
  const servers = parseServers(options.servers ?? {});
  const unclaimed = new Set(Object.keys(settings));
  const names = new Set(Object.keys(servers));
  const packages: ProviderPackage[] = [];
  const offers: DiscoveredProvider[] = [];
  const problems: DiscoveryProblem[] = [];
  const listeners = createListeners();
  let unread = false;
  let offering = 0;
  const declared = declaredPackages(manifest, options.dev ?? false);
  for (const [name, field] of declared) {
    names.add(name);
    if (isDenied([name], options)) {
      unread = true;
      continue;
    }
    const file = locateManifest(name, application);
    try {
      if (file === undefined) {
        if (field === "dependencies") throw new ChatError("config", "declared, but not installed");
        continue;
      }
      const own = readManifest(file);
      if (!("fallthrough" in own)) continue;
      offering++;
      // a dependency on `npm:other` has two names
      const both = [name, nameOf(own) ?? name];
      for (const one of both) names.add(one);
      if (isDenied(both, options)) {
        unread = true;
        continue;
      }
      const offer = readPackage(name, own, file, `${field} of ${owner}`);
      const settingsOf = (id: string) => {
        unclaimed.delete(id);
        return Object.hasOwn(settings, id) ? settings[id] : undefined;
      };
      const offered = offeredProviders(offer, settingsOf, listeners);
      packages.push(offer);
      for (const { id } of offered) names.add(id);
      offers.push(
        ...offered.filter(({ id }) => !Object.hasOwn(servers, id) && isAccepted([id, ...both], options)),
      );
    } catch (error) {
      unread = true;
      problems.push(problemOf(name, file, error));
    }
  }
  const undeclared = undeclaredProviders(manifest, application, declared);
  problems.push(...undeclared);
  const providers = withoutStandIns(offers, packages);
  checkIds(providers);
  const ids = providers.map(({ id }) => id);
  // a package that was not read may be the one that they are for
  const strays = [...unclaimed].filter((key) => !unread || isServer(settings[key]));
  problems.push(...strays.map((key) => unclaimedSettings(key, ids, isServer(settings[key]))));
  for (const key of strays) names.add(key);
  problems.push(...unknownNames(options, names, unread));
  if (offering === 0 && problems.length === 0) problems.push(nothingDeclared(manifest, application, owner));

  const meant = Object.fromEntries(
    strays.filter((key) => isServer(settings[key])).map((key) => [key, settings[key]]),
  );
  const packageFor = (protocol: string) => packages.find((one) => one.protocol === protocol);
  const own = createServers({ ...parseServers(meant), ...servers }, packageFor);
  const found = [...own.filter(({ id }) => !isDenied([id], options)), ...providers];
  const sorted = sortProviders(found, options.order ?? []);
  listeners.assign(sorted.map(({ id }) => id));
  await listeners.look();
  return { providers: sorted, problems };
}

/** Whether settings that belong to no provider say enough to make one. */
function isServer(settings: ProviderSettingsById[string] | undefined): boolean {
  return typeof settings?.baseURL === "string";
}

/** Names in lists of the configuration that stand for nobody. */
function unknownNames(
  { order = [], allow = [], deny = [] }: DiscoverOptions,
  names: ReadonlySet<string>,
  unread: boolean,
): readonly DiscoveryProblem[] {
  const known = [...names];
  return Object.entries({ order, allow, deny }).flatMap(([list, entries]) =>
    entries.flatMap((entry) => {
      const nearest = names.has(entry) ? undefined : nearestName(entry, known);
      // a package that was not read may be the one that it is for
      if (names.has(entry) || (unread && nearest === undefined)) return [];
      const expected =
        nearest === undefined ? "the id of a provider or the name of its package" : quote(nearest);
      const message = `\`${list}\` names ${quote(entry)}, which is no provider, expected ${expected}`;
      return [{ package: entry, error: new ChatError("config", message) }];
    }),
  );
}

/** Providers that are there and are not asked, because the application does not declare them where we look. */
function undeclaredProviders(
  manifest: Manifest,
  application: string,
  declared: ReadonlyMap<string, string>,
): readonly DiscoveryProblem[] {
  const linked = linkedPackages(application);
  const development = Object.keys(manifest["devDependencies"] ?? {});
  return [...new Set([...linked, ...development])].flatMap((name) => {
    const file = declared.has(name) ? undefined : locateManifest(name, application);
    if (file === undefined || !offersProvider(file)) return [];
    const problem = development.includes(name)
      ? "is a development dependency, expected it in `dependencies`, or the option `dev`"
      : "is linked, but not declared, expected it in `dependencies`";
    return problemOf(name, file, new ChatError("config", problem));
  });
}

function offersProvider(file: string): boolean {
  try {
    return "fallthrough" in readManifest(file);
  } catch {
    // nobody declares it, so nobody misses it
    return false;
  }
}

function nothingDeclared(manifest: Manifest, application: string, owner: string): DiscoveryProblem {
  const workspaces =
    "workspaces" in manifest || existsSync(join(dirname(application), "pnpm-workspace.yaml"));
  const advice = workspaces
    ? "it is the root of a workspace: name the folder of the application in `from`"
    : "install one, for example with `npm install @fallthrough/provider-openai`";
  const message = `${application} declares no provider, ${advice}`;
  return { package: owner, path: dirname(application), error: new ChatError("config", message) };
}

function nameOf({ name }: Manifest): string | undefined {
  return typeof name === "string" ? name : undefined;
}

function unclaimedSettings(key: string, ids: readonly string[], makesServer: boolean): DiscoveryProblem {
  const nearest = nearestName(key, ids);
  const others = nearest === undefined ? `one of ${ids.join(", ") || "none"}` : quote(nearest);
  const message = makesServer
    ? `settings for ${quote(key)} belong to no provider and make a server of that name, expected them in \`servers\`${nearest === undefined ? "" : `, or ${others}`}`
    : `settings for ${quote(key)} belong to no provider, expected ${others}`;
  return { package: key, error: new ChatError("config", message) };
}

function folderOf(from: string | URL): string {
  const isUrl = from instanceof URL || from.startsWith("file:");
  const path = isUrl ? fileURLToPath(from) : resolve(from);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path);
}

function readApplication(file: string): Manifest {
  try {
    return readManifest(file);
  } catch (cause) {
    throw new ChatError("config", `${file} could not be read as JSON`, { cause });
  }
}

function declaredPackages(manifest: Manifest, dev: boolean): ReadonlyMap<string, string> {
  const fields = ["dependencies", "optionalDependencies", ...(dev ? ["devDependencies"] : [])];
  return new Map(
    fields.flatMap((field) => Object.keys(manifest[field] ?? {}).map((name) => [name, field] as const)),
  );
}

function isAccepted(names: readonly string[], options: DiscoverOptions): boolean {
  const { allow } = options;
  return !isDenied(names, options) && (allow === undefined || names.some((name) => allow.includes(name)));
}

function isDenied(names: readonly string[], { deny = [] }: DiscoverOptions): boolean {
  return names.some((name) => deny.includes(name));
}

function problemOf(name: string, file: string | undefined, error: unknown): DiscoveryProblem {
  return {
    package: name,
    ...(file === undefined ? {} : { path: dirname(file) }),
    error: explain(name, error),
  };
}

function explain(name: string, error: unknown): ChatError {
  const subject = `package ${quote(name)}`;
  if (error instanceof ChatError) return amendError(error, { message: `${subject}: ${error.message}` });
  return new ChatError("contract", `${subject}: the manifest could not be read as JSON`, { cause: error });
}

/** A package that is made for a service goes over the ready-made instance that another one has for it. */
function withoutStandIns(
  offers: readonly DiscoveredProvider[],
  packages: readonly ProviderPackage[],
): DiscoveredProvider[] {
  const cards = new Map(packages.map(({ card, source }) => [source.package, card.id]));
  const isMade = ({ id, source }: DiscoveredProvider): boolean => cards.get(source.package) === id;
  const made = new Set(offers.filter(isMade).map(({ id }) => id));
  return offers.filter((offer) => isMade(offer) || !made.has(offer.id));
}

function checkIds(providers: readonly DiscoveredProvider[]): void {
  const packages = new Map<string, string>();
  for (const { id, source } of providers) {
    const other = packages.get(id);
    if (other !== undefined) {
      const both = `${quote(other)} and ${quote(source.package)}`;
      throw new ChatError(
        "config",
        `packages ${both} have the same provider id ${quote(id)}, expected one of them in \`deny\``,
      );
    }
    packages.set(id, source.package);
  }
}

function sortProviders(
  providers: readonly DiscoveredProvider[],
  order: readonly string[],
): readonly DiscoveredProvider[] {
  const rank = ({ id }: DiscoveredProvider) => (order.includes(id) ? order.indexOf(id) : order.length);
  return providers.toSorted((a, b) => rank(a) - rank(b));
}
