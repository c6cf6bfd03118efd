import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ChatError } from "@fallthrough/core";
import { quote } from "@fallthrough/core/provider";
import {
  type DeclaredPackage,
  declaredPackages,
  findApplication,
  nameOf,
  packagesBeside,
  undeclaredPackages,
} from "./declared-packages.ts";
import type { DiscoveredProvider } from "./discovered-provider.ts";
import {
  checkIsNone,
  type DiscoveryProblem,
  type NameLists,
  noApplication,
  nobodyAccepted,
  nothingDeclared,
  packageProblem,
  settingsOfServer,
  unclaimedSettings,
  unknownNames,
} from "./left-out.ts";
import { createListeners, type Listeners } from "./listeners.ts";
import { locateManifest, readManifest } from "./manifests.ts";
import {
  offeredProviders,
  type ProviderPackage,
  type ProviderSettingsById,
  readPackage,
} from "./offered-providers.ts";
import { createServers, parseServers, type Servers } from "./servers.ts";

/** Where to look, and what to do with what is found. */
export interface DiscoverOptions extends NameLists {
  /** A file or folder of the application, `import.meta.url` for example. @default the working directory */
  readonly from?: string | URL | undefined;
  /** The settings of each provider, by its id. */
  readonly settings?: ProviderSettingsById | undefined;
  /** Servers of the application's own, by the names that they get. @default none */
  readonly servers?: Servers | undefined;
  /**
   * The file of a command that is installed globally, `import.meta.url` for example.
   *
   * Where the folder has no application, or one that declares no provider, what comes with the command and what is
   * installed beside it is found. @default none
   */
  readonly command?: string | URL | undefined;
  /** Looks at the development dependencies too. @default false */
  readonly dev?: boolean | undefined;
}

/** What an application has installed. */
export interface Discovery {
  /** The providers that were found, in order. */
  readonly providers: readonly DiscoveredProvider[];
  /** What was left out, and why. */
  readonly problems: readonly DiscoveryProblem[];
  /** Whether these are the providers of the command, because the application declares none. @default false */
  readonly ofCommand?: boolean | undefined;
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
  const application = findApplication(folder);
  const { settings = {}, command } = options;
  if (application === undefined && command === undefined) throw noApplication(folder);

  const servers = parseServers(options.servers ?? {});
  const listeners = createListeners();
  const declared = application === undefined ? [] : declaredPackages(application, options.dev ?? false);
  const undeclared =
    application === undefined
      ? []
      : undeclaredPackages(application, declared).map(({ name, file, problem }) =>
          packageProblem(name, file, new ChatError("config", problem)),
        );
  const own = readPackages(declared, options, servers, listeners);
  const isEmpty = own.offering === 0 && own.problems.length + undeclared.length === 0;
  const ofCommand = isEmpty && command !== undefined;
  const read = ofCommand ? readPackages(packagesBeside(pathOf(command)), options, servers, listeners) : own;

  const { packages, offers, unread, unclaimed } = read;
  const names = new Set([...read.names, ...Object.keys(servers)]);
  const providers = withoutStandIns(offers, packages);
  checkIds(providers);
  const ids = providers.map(({ id }) => id);
  // a package that was not read may be the one that they are for
  const strays = unclaimed.filter(
    (key) => !Object.hasOwn(servers, key) && (!unread || isServer(settings[key])),
  );
  for (const key of strays) names.add(key);
  const problems = [
    ...read.problems,
    ...undeclared,
    ...Object.keys(settings).flatMap((key) => (Object.hasOwn(servers, key) ? [settingsOfServer(key)] : [])),
    ...strays.map((key) => unclaimedSettings(key, ids, isServer(settings[key]))),
    ...unknownNames(options, names, unread),
    ...(application !== undefined && isEmpty && !ofCommand ? [nothingDeclared(application)] : []),
  ];

  const meant = Object.fromEntries(
    strays.filter((key) => isServer(settings[key])).map((key) => [key, settings[key]]),
  );
  const packageFor = (protocol: string) => packages.find((one) => one.protocol === protocol);
  const made = createServers({ ...parseServers(meant), ...servers }, packageFor);
  const found = [...made.filter(({ id }) => !isDenied([id], options)), ...providers];
  if (application !== undefined && found.length === 0 && read.offering > 0 && read.problems.length === 0)
    problems.push(nobodyAccepted(application, read.offering));
  const sorted = sortProviders(found, options.order ?? []);
  listeners.assign(sorted.map(({ id }) => id));
  await listeners.look();
  return { providers: sorted, problems, ...(ofCommand && { ofCommand }) };
}

/** What was found in packages. */
interface PackagesRead {
  readonly packages: readonly ProviderPackage[];
  /** Those of their providers that are accepted. */
  readonly offers: readonly DiscoveredProvider[];
  readonly problems: readonly DiscoveryProblem[];
  /** What an entry of a list may name. */
  readonly names: ReadonlySet<string>;
  /** How many offer something, accepted or not. */
  readonly offering: number;
  /** Whether some could not be read, or were denied. */
  readonly unread: boolean;
  /** The keys of the settings that are for none of them. */
  readonly unclaimed: readonly string[];
}

function readPackages(
  declared: readonly DeclaredPackage[],
  options: DiscoverOptions,
  servers: Servers,
  listeners: Listeners,
): PackagesRead {
  const { settings = {} } = options;
  const unclaimed = new Set(Object.keys(settings));
  const names = new Set<string>();
  const packages: ProviderPackage[] = [];
  const offers: DiscoveredProvider[] = [];
  const problems: DiscoveryProblem[] = [];
  let unread = false;
  let offering = 0;

  function settingsOf(id: string): ProviderSettingsById[string] | undefined {
    unclaimed.delete(id);
    return Object.hasOwn(settings, id) ? settings[id] : undefined;
  }

  /** Whether it was read as it should be. */
  function read({ name, reason, required }: DeclaredPackage, file: string | undefined): boolean {
    if (file === undefined) {
      if (required)
        throw new ChatError("config", "declared, but not installed", { fix: "Run `npm install`." });
      return true;
    }
    const own = readManifest(file);
    if (!("fallthrough" in own)) {
      checkIsNone(name, own);
      return true;
    }
    offering++;
    // a dependency on `npm:other` has two names
    const both = [name, nameOf(own) ?? name];
    for (const one of both) names.add(one);
    if (isDenied(both, options)) return false;
    const offer = readPackage(name, own, file, reason);
    const offered = offeredProviders(offer, settingsOf, listeners, (id, error) => {
      names.add(id);
      problems.push({ package: name, path: dirname(file), error });
    });
    packages.push(offer);
    for (const { id } of offered) names.add(id);
    offers.push(
      ...offered.filter(({ id }) => !Object.hasOwn(servers, id) && isAccepted([id, ...both], options)),
    );
    return true;
  }

  for (const one of declared) {
    const { name, from } = one;
    names.add(name);
    if (isDenied([name], options)) {
      unread = true;
      offering++;
      continue;
    }
    const file = locateManifest(name, from);
    try {
      if (!read(one, file)) unread = true;
    } catch (error) {
      unread = true;
      problems.push(packageProblem(name, file, error));
    }
  }
  return { packages, offers, problems, names, offering, unread, unclaimed: [...unclaimed] };
}

/** Whether settings that belong to no provider say enough to make one. */
function isServer(settings: ProviderSettingsById[string] | undefined): boolean {
  return typeof settings?.baseURL === "string";
}

function pathOf(place: string | URL): string {
  const isUrl = place instanceof URL || place.startsWith("file:");
  return isUrl ? fileURLToPath(place) : resolve(place);
}

function folderOf(from: string | URL): string {
  const path = pathOf(from);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path);
}

function isAccepted(names: readonly string[], options: DiscoverOptions): boolean {
  const { allow } = options;
  return !isDenied(names, options) && (allow === undefined || names.some((name) => allow.includes(name)));
}

function isDenied(names: readonly string[], { deny = [] }: DiscoverOptions): boolean {
  return names.some((name) => deny.includes(name));
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
