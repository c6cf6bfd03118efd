import { type HttpClient, readEnvironment } from "@fallthrough/core/provider";

/** Where an instance finds its key, and the server that the key is for. */
export interface KeySettings {
  /** The key itself. */
  readonly apiKey?: string | undefined;
  /** The environment variable that holds the key. */
  readonly apiKeyEnv?: string | undefined;
  /** A server of the user's own. Its key is never looked up in the default variable. */
  readonly baseURL?: string | undefined;
  /** Headers of each request. An `authorization` among them replaces the key. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
}

/** How an instance shows who asks. */
export interface Key {
  /** Whether the server asks for one; where it does not, asking costs nobody anything. */
  readonly needed: boolean;
  /** The header that carries it; @throws `config` where the key is missing */
  header(): Readonly<Record<string, string>>;
}

/** The key of an instance, from its settings or from the environment variable that they name. */
export function createKey(settings: KeySettings, defaultVariable: string | undefined, http: HttpClient): Key {
  const { baseURL, headers = {} } = settings;
  // a configuration may fill a variable that is not set into the setting
  const apiKey = settings.apiKey || undefined;
  // a key is for the server that it came with: no other one may see it unasked
  const variable = settings.apiKeyEnv ?? (baseURL === undefined ? defaultVariable : undefined);
  const given = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  let hidden: string | undefined;

  return {
    needed: given || apiKey !== undefined || variable !== undefined,

    header() {
      if (given) return {};
      const key = apiKey ?? (variable === undefined ? undefined : readEnvironment(variable));
      if (key === undefined) {
        if (variable === undefined) return {};
        const expected = "expected a key in it or in the setting `apiKey`";
        throw http.error("config", `environment variable \`${variable}\` is not set, ${expected}`);
      }
      if (key !== hidden) http.addSecret(key);
      hidden = key;
      return { authorization: `Bearer ${key}` };
    },
  };
}
