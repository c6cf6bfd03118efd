import type { HttpClient } from "../http/types.ts";
import { readEnvironment } from "../parts/environment.ts";

/** Where an instance finds its key, and the server that the key is for. */
export interface KeySettings {
  /** The key itself. */
  readonly apiKey?: string | undefined;
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
  /** The header that carries it; @throws `config` where the key is missing */
  header(): Readonly<Record<string, string>>;
}

const BEARER = "authorization";

/** The key of an instance, from its settings or from an environment variable. */
export function createKey(
  settings: KeySettings,
  { variables: defaultVariables, header = BEARER, optional = false }: KeyForm,
  http: Pick<HttpClient, "addSecret" | "error">,
): Key {
  const { baseURL, headers = {} } = settings;
  // a configuration may fill a variable that is not set into the setting
  const apiKey = settings.apiKey || undefined;
  // a key is for the server that it came with: no other one may see it unasked
  const ownVariables = baseURL === undefined ? defaultVariables : [];
  const variables = settings.apiKeyEnv === undefined ? ownVariables : [settings.apiKeyEnv];
  const given = Object.keys(headers).some((name) => [BEARER, header].includes(name.toLowerCase()));
  let hidden: string | undefined;

  return {
    needed: given || apiKey !== undefined || (variables.length > 0 && !optional),

    header() {
      if (given) return {};
      const key = apiKey ?? firstSet(variables);
      if (key === undefined) {
        if (variables.length === 0 || optional) return {};
        const names = variables.map((name) => `\`${name}\``).join(" or ");
        const expected = "expected a key in it or in the setting `apiKey`";
        throw http.error("config", `environment variable ${names} is not set, ${expected}`);
      }
      if (key !== hidden) http.addSecret(key);
      hidden = key;
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
