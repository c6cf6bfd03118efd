import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ChatError, type ModelCard, type ProviderSettings } from "@fallthrough/core";
import {
  type FieldParser,
  findManifest,
  isId,
  nearestName,
  objectOf,
  parseApiKey,
  parseFields,
  parseInput,
  parseText,
  recordOf,
  wrongValue,
} from "@fallthrough/core/internal";
import { fieldsOf, quote } from "@fallthrough/core/provider";
import type { DiscoveredProvider } from "./discovered-provider.ts";
import { locateManifest, readManifest } from "./manifests.ts";
import {
  createInstance,
  mergeSettings,
  type OfferedInstance,
  type ProviderPackage,
  readPackage,
} from "./offered-providers.ts";

/** What the registry itself reads of a server. */
interface ServerFacts {
  /** Its key, or several, of which the one with the most room is used. @default none */
  readonly apiKey?: string | readonly string[] | undefined;
  /** The ready-made instance whose dialect it speaks: "vllm" for example. @default none */
  readonly preset?: string | undefined;
  /** What it speaks. @default "openai" */
  readonly protocol?: string | undefined;
  /** The models that it has, by name or with their cards. @default any */
  readonly models?: readonly (string | ModelCard)[] | undefined;
}

/**
 * A server of the application's own: its address, its key, and whatever else its provider takes as a setting.
 *
 * A `preset` may replace the address, for a second account at a known service.
 */
export interface ServerSettings extends ServerFacts, Omit<ProviderSettings, "id" | "models"> {
  /** A setting that its provider alone knows. */
  readonly [setting: string]: unknown;
}

/** Servers by the name that they get in references. */
export type Servers = Readonly<Record<string, ServerSettings>>;

/** The package whose factory makes a provider for any server of a protocol. */
export type PackageFor = (protocol: string) => ProviderPackage | undefined;

/** What servers speak that say nothing of it. */
const USUAL_PROTOCOL = "openai";
/** Where to get what speaks a protocol. */
const KNOWN_PACKAGES: Readonly<Record<string, string>> = {
  openai: "@fallthrough/provider-openai",
  anthropic: "@fallthrough/provider-anthropic",
  gemini: "@fallthrough/provider-gemini",
};

/** Every provider takes these; a name that is nearly one of them is a typing error. */
const USUAL_SETTINGS: readonly string[] = [
  "preset",
  "protocol",
  "models",
  "baseURL",
  "apiKey",
  "apiKeyEnv",
  "timeouts",
  "limits",
  "status",
  "insecureHttp",
  "headers",
  "proxy",
  "cookies",
  "dispatcher",
];

const parseFacts: FieldParser<ServerFacts> = objectOf<ServerFacts>(
  { apiKey: parseApiKey, preset: parseText, protocol: parseText, models: parseModelNames },
  { open: true },
);

const parseServerMap: FieldParser<Servers> = recordOf(parseServer);

/** Servers as an application names them, checked; @throws `config` that names the server and the field */
export function parseServers(servers: unknown): Servers {
  return parseInput(servers, parseServerMap, { code: "config", whole: "`servers`", field: "server" });
}

/** One server; the provider checks the settings that it alone knows. */
function parseServer(value: unknown): ServerSettings {
  if (typeof value === "string") throw wrongValue(value, "an object: { baseURL }");
  const given = parseFields(value);
  for (const name of Object.keys(given)) {
    const meant = USUAL_SETTINGS.includes(name) ? undefined : nearestName(name, USUAL_SETTINGS);
    if (meant !== undefined) throw wrongValue(given[name], `\`${meant}\` in its place`).within(name);
  }
  return { ...given, ...parseFacts(value) };
}

function parseModelNames(value: unknown): readonly (string | ModelCard)[] {
  if (Array.isArray(value)) return value;
  throw wrongValue(value, "a list of names");
}

/** The package that the application has installed for this protocol. */
export function installedPackage(protocol: string): ProviderPackage | undefined {
  const manifests = [process.cwd(), dirname(fileURLToPath(import.meta.url))].flatMap(
    (folder) => findManifest(folder) ?? [],
  );
  const known = KNOWN_PACKAGES[protocol];
  for (const manifest of manifests) {
    const declared = Object.keys(fieldsOf(readManifest(manifest)["dependencies"]));
    for (const name of new Set([...(known === undefined ? [] : [known]), ...declared])) {
      const file = locateManifest(name, manifest);
      const own = file === undefined ? undefined : readManifest(file);
      if (file === undefined || own === undefined || fieldsOf(own["fallthrough"])["protocol"] !== protocol)
        continue;
      return readPackage(name, own, file, "`servers` of createRegistry()");
    }
  }
  return undefined;
}

/** Makes a provider of each server; @throws `config` that names the server and what it lacks */
export function createServers(servers: Servers, packageFor: PackageFor): readonly DiscoveredProvider[] {
  return Object.entries(servers).map(([id, server]) => createServer(id, server, packageFor));
}

function createServer(id: string, server: ServerSettings, packageFor: PackageFor): DiscoveredProvider {
  const { preset, protocol = USUAL_PROTOCOL, models, ...own } = server;
  const fail = (problem: string): ChatError => new ChatError("config", `server ${quote(id)} ${problem}`);
  if (!isId(id))
    throw fail("has a name that is no id, expected at most 39 lower-case letters, digits and hyphens");

  const from = packageFor(protocol);
  if (from === undefined) {
    const known = KNOWN_PACKAGES[protocol];
    const protocols = Object.keys(KNOWN_PACKAGES).map((one) => quote(one));
    const expected = known === undefined ? protocols.join(" or ") : `one that does: \`npm install ${known}\``;
    throw fail(`speaks ${quote(protocol)}, and no provider does that is installed, expected ${expected}`);
  }
  const instance = preset === undefined ? undefined : findPreset(from, preset, fail);
  const cards = models?.map((model) => (typeof model === "string" ? { id: model } : model));
  const merged = mergeSettings(instance ?? {}, id, {
    ...own,
    ...(cards && { models: cards }),
  } as ProviderSettings);
  if (merged.baseURL === undefined) throw fail("has no `baseURL`, expected the address of the server");
  const name = instance === undefined ? id : `${id} (${instance.id})`;
  const source = { ...from.source, server: true, reason: "a server of the application's own" };
  return createInstance({ ...from, source }, { id, name, homepage: undefined, models: [] }, merged);
}

function findPreset(
  { instances }: ProviderPackage,
  preset: string,
  fail: (problem: string) => ChatError,
): OfferedInstance {
  const found = instances.find(({ id }) => id === preset);
  if (found !== undefined) return found;
  const ids = instances.map(({ id }) => id);
  const nearest = nearestName(preset, ids);
  const expected = nearest === undefined ? `one of ${ids.join(", ")}` : quote(nearest);
  throw fail(`has the unknown \`preset\` ${quote(preset)}, expected ${expected}`);
}
