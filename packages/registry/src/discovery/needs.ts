import type { ProviderSettings } from "@fallthrough/core";
import { isLoopback, isNearby, listKeys } from "@fallthrough/core/internal";
import { quote, readEnvironment } from "@fallthrough/core/provider";
import type { Absence } from "./absence.ts";

/** What has to be there before a ready-made instance can answer. */
export interface Needs {
  /** The environment variables that it cannot be asked without, one of each list; the first holds its key. */
  readonly environment?: readonly (string | readonly string[])[] | undefined;
  /** Whether it answers without its variables too, though only whoever names it sends it a prompt. */
  readonly optional?: boolean | undefined;
  /** Whether its server runs on this machine, and may not. */
  readonly listening?: boolean | undefined;
  /** The environment variable with which its users move its server: a host, a port, both, or a URL. */
  readonly host?: string | undefined;
  /** Whether a request has to name a model. */
  readonly model?: boolean | undefined;
  /** Where its key is to be had. */
  readonly page?: string | undefined;
}

/** What the application says of an instance, which may then need less. */
type OwnSettings = ProviderSettings & {
  readonly apiKey?: unknown;
  readonly apiKeyEnv?: unknown;
  readonly defaultModel?: unknown;
};

/** What this instance lacks as long as the process runs; `undefined` for nothing. */
export function lackOf(
  id: string,
  { environment = [], optional = false, model = false, page }: Needs,
  own: OwnSettings = {},
): Absence | undefined {
  const [key, ...others] = environment;
  const named = typeof own.apiKeyEnv === "string" ? own.apiKeyEnv : key;
  const variables = [...(named === undefined || givesKey(own) ? [] : [named]), ...others];
  const missing = variables
    .map((names) => (typeof names === "string" ? [names] : names))
    .filter((names) => names.every((name) => readEnvironment(name) === undefined));
  if (missing.length > 0) {
    const names = missing.map((one) => one.join(" or ")).join(" and ");
    const fix = `set ${names} in the environment`;
    if (!optional) return { reason: `needs ${names}`, page, fix, askable: false };
    return { reason: `is asked by its name alone where ${names} is not set`, page, fix, askable: true };
  }
  if (!model || own.models !== undefined || own.defaultModel !== undefined) return undefined;
  const reason = `needs a model, as in ${quote(`${id}/...`)}, or the setting \`defaultModel\``;
  return {
    reason,
    fix: `ask for ${quote(`${id}/...`)}, or list its \`models\` in its settings`,
    askable: true,
  };
}

function givesKey({ apiKey, headers = {} }: OwnSettings): boolean {
  // a configuration may fill a variable that is not set into the setting
  return (
    listKeys(apiKey).length > 0 ||
    Object.keys(headers).some((name) => /^(?:authorization|(?:x-)?api-key)$/i.test(name))
  );
}

/** An address to be bound, which nobody can connect to. */
const ANY_ADDRESS = /^(?:0\.0\.0\.0|\[::\])?$/;

/** The server of an instance, at the place where its users have moved it to; as it is where they have not. */
export function movedServer(server: ProviderSettings, { host }: Needs = {}): ProviderSettings {
  const { baseURL } = server;
  const place = host === undefined ? undefined : readEnvironment(host);
  if (baseURL === undefined || place === undefined) return server;
  const usual = new URL(baseURL);
  const [, scheme, authority = "", path = ""] = /^(?:(https?):\/\/)?([^/]*)(.*)$/i.exec(place) ?? [];
  const [, name = "", port = scheme === undefined ? usual.port : ""] =
    /^(.*?)(?::(\d+))?$/.exec(bracketed(authority)) ?? [];
  const address = ANY_ADDRESS.test(name) ? usual.hostname : name;
  const moved = `${scheme ?? "http"}://${address}${port && `:${port}`}${path.replace(/\/+$/, "")}`;
  if (!URL.canParse(moved)) return server;
  // whoever moves it into the own network means that network
  const insecureHttp = !isLoopback(address) && isNearby(address);
  return {
    ...server,
    baseURL: moved.endsWith(usual.pathname) ? moved : moved + usual.pathname,
    ...(insecureHttp ? { insecureHttp } : {}),
  };
}

/** An IPv6 address may be written without its brackets there. */
function bracketed(authority: string): string {
  return /^[\da-f]*:[\da-f]*:[\da-f:.]*$/i.test(authority) ? `[${authority}]` : authority;
}

/** Puts the values of environment variables where a text names them, `https://${NAME}/v1` for example. */
export function fillIn(text: string): string {
  return text.replace(/\$\{([^}]*)\}/g, (place, name: string) =>
    (readEnvironment(name) ?? place).replace(/\/$/, ""),
  );
}
