import { type ApiKey, listKeys } from "../contract/api-keys.ts";
import type { HttpClient } from "../http/types.ts";
import { readEnvironment } from "../parts/environment.ts";

/** Where an instance finds its key, and the server that the key is for. */
export interface KeySettings {
  /** The key itself, or several of them. */
  readonly apiKey?: ApiKey | undefined;
  /** The environment variable that holds the key. */
  readonly apiKeyEnv?: string | undefined;
  /** A server of the user's own. Its key is never looked up in the default variables. */
  readonly baseURL?: string | undefined;
  /** Headers of each request. One among them that names who asks replaces the key. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
}

/** How a protocol shows a key. */
export interface KeyForm {
  /** The environment variables that hold the key of the default server; the first that is set counts. */
  readonly variables: readonly string[];
  /** The header that carries the key. @default "authorization", as a bearer token */
  readonly header?: string | undefined;
  /** Whether the server answers without a key too. @default false */
  readonly optional?: boolean | undefined;
}

/** How an instance shows who asks. */
export interface Key {
  /** Whether the server asks for one; where it does not, asking costs nobody anything. */
  readonly needed: boolean;
  /** How many there are to choose from. */
  readonly count: number;
  /** The header that carries one of them, from 0 on; @throws `config` where the key is missing */
  header(place?: number): Readonly<Record<string, string>>;
}

const BEARER = "authorization";

/** The key of an instance, or its keys, from its settings or from an environment variable. */
export function createKey(
  settings: KeySettings,
  { variables: defaultVariables, header = BEARER, optional = false }: KeyForm,
  http: Pick<HttpClient, "addSecret" | "error">,
): Key {
  const { baseURL, headers = {} } = settings;
  const keys = listKeys(settings.apiKey);
  // a key is for the server that it came with: no other one may see it unasked
  const ownVariables = baseURL === undefined ? defaultVariables : [];
  const variables = settings.apiKeyEnv === undefined ? ownVariables : [settings.apiKeyEnv];
  const given = Object.keys(headers).some((name) => [BEARER, header].includes(name.toLowerCase()));
  const hidden = new Set<string>();

  return {
    needed: given || keys.length > 0 || (variables.length > 0 && !optional),

    count: given ? 1 : Math.max(1, keys.length),

    header(place = 0) {
      if (given) return {};
      const key = keys[place] ?? keys[0] ?? firstSet(variables);
      if (key === undefined) {
        if (variables.length === 0 || optional) return {};
        const names = variables.map((name) => `\`${name}\``).join(" or ");
        const expected = "expected a key in it or in the setting `apiKey`";
        throw http.error("config", `environment variable ${names} is not set, ${expected}`, {
          fix: `Set ${names} in the environment, or the setting \`apiKey\`.`,
        });
      }
      // a server may quote any of them
      for (const secret of [key, ...keys]) {
        if (!hidden.has(secret)) http.addSecret(secret);
        hidden.add(secret);
      }
      return { [header]: header === BEARER ? `Bearer ${key}` : key };
    },
  };
}

function firstSet(variables: readonly string[]): string | undefined {
  for (const variable of variables) {
    const value = readEnvironment(variable);
    if (value !== undefined) return value;
  }
  return undefined;
}
