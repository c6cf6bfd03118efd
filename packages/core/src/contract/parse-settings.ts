import { type ApiKey, parseApiKey } from "./api-keys.ts";
import { isId, parseId, parseModels, parseStatus } from "./card.ts";
import {
  type FieldParser,
  type FieldParsers,
  fieldProblem,
  kindOf,
  objectOf,
  oneOf,
  parseBoolean,
  parseFilledText,
  parseInput,
  parseLimit,
  parseNumber,
  parseText,
  recordOf,
  wrongValue,
} from "./parse-fields.ts";
import { parseCallTimeouts } from "./parse-request.ts";
import type {
  CommonSettings,
  InstanceLimits,
  ProviderSettings,
  Quota,
  RequestDispatcher,
} from "./settings.ts";

/** A setting of a provider's own that is no plain text, number, switch or word. */
export interface SettingCheck<Value> {
  /** Whether the value is one that the provider can use. */
  readonly is: (value: unknown) => value is Value;
  /** What would be right, as an error says it: "digits" for example. */
  readonly expected: string;
}

/** What a setting of a provider's own may hold; `key` is a key or a list of them, a list names the words that it may be. */
export type SettingKind =
  | "string"
  | "key"
  | "number"
  | "boolean"
  | readonly string[]
  // biome-ignore lint/suspicious/noExplicitAny: the value is inferred from each check
  | SettingCheck<any>;

/** The settings of a provider's own, by name. */
export type SettingKinds = Readonly<Record<string, SettingKind>>;

/** The value of a setting of this kind. */
export type SettingValue<Kind> = Kind extends "string"
  ? string
  : Kind extends "key"
    ? ApiKey
    : Kind extends "number"
      ? number
      : Kind extends "boolean"
        ? boolean
        : Kind extends readonly (infer Word)[]
          ? Word
          : Kind extends SettingCheck<infer Value>
            ? Value
            : never;

/** The settings that these kinds declare. */
export type OwnSettings<Kinds> = {
  readonly [Name in keyof Kinds]?: SettingValue<Kinds[Name]> | undefined;
};

const parseQuota: FieldParser<Quota> = objectOf<Quota>({
  minute: parseLimit,
  hour: parseLimit,
  day: parseLimit,
});

const parseLimits: FieldParser<InstanceLimits> = objectOf<InstanceLimits>({
  requests: parseQuota,
  tokens: parseQuota,
  jsonBytes: parseLimit,
  streamBytes: parseLimit,
  eventBytes: parseLimit,
  headerBytes: parseLimit,
  pageBytes: parseLimit,
  errorBytes: parseLimit,
  jsonDepth: parseLimit,
});

const COMMON_FIELDS: FieldParsers<CommonSettings> = {
  timeouts: parseCallTimeouts,
  limits: parseLimits,
  id: parseId,
  models: parseModels,
  status: parseStatus,
};

const HTTP_FIELDS: FieldParsers<Omit<ProviderSettings, keyof CommonSettings>> = {
  baseURL: parseFilledText,
  insecureHttp: parseBoolean,
  headers: recordOf(parseText),
  proxy: parseProxySetting,
  dispatcher: parseDispatcher,
  cookies: recordOf(parseText),
};

const CURES = {
  url: "`baseURL`",
  endpoint: "`baseURL`",
  host: "`baseURL`",
  timeout: "`timeouts: { totalMs }`",
  timeoutMs: "`timeouts: { totalMs }`",
  agent: "`dispatcher`",
  model: "`models: [{ id }]`, or the model in each request",
  name: "`id`",
};

/** Reads the settings of an instance; @throws `config` that names the setting, what it holds and what would be right */
export type SettingsParser<Settings> = (settings: unknown, provider: string) => Settings;

/** The parser of the settings of a provider, which may have settings of its own. */
export function settingsParser<Kinds extends SettingKinds>(
  kinds: Kinds,
  speaksHttp: boolean,
): SettingsParser<ProviderSettings & OwnSettings<Kinds>> {
  const own = Object.entries(kinds).map(([name, kind]) => [name, parserOf(kind)] as const);
  const fields = { ...COMMON_FIELDS, ...(speaksHttp ? HTTP_FIELDS : {}), ...Object.fromEntries(own) };
  const cures = Object.fromEntries(Object.entries(CURES).filter(([name]) => !Object.hasOwn(fields, name)));
  const parse = objectOf(fields as FieldParsers<ProviderSettings>, { cures });
  return (settings, provider) => readSettings(settings, parse, provider) as never;
}

const parseHttpFields: FieldParser<Partial<ProviderSettings>> = objectOf<ProviderSettings>(
  { ...COMMON_FIELDS, ...HTTP_FIELDS },
  { open: true },
);

/** The settings that the HTTP client reads, checked; those of a provider's own are left out. */
export function parseHttpSettings(settings: unknown, provider: string): ProviderSettings {
  return readSettings(settings, parseHttpFields, provider);
}

function readSettings<Settings>(settings: unknown, parse: FieldParser<Settings>, provider: string): Settings {
  const read = (given: unknown): Settings => {
    if (typeof given === "string") throw wrongValue(given, "an object: { baseURL }");
    return parse(given);
  };
  return parseInput(settings === undefined ? {} : settings, read, {
    code: "config",
    whole: "the settings",
    field: "setting",
    provider: instanceId(settings) ?? provider,
  });
}

/** The id that settings give to an instance, so that an error names the one of several that is meant. */
function instanceId(settings: unknown): string | undefined {
  try {
    const { id } = Object(settings);
    return isId(id) ? id : undefined;
  } catch {
    // what is wrong with a value that throws is told by its parser
    return undefined;
  }
}

function parserOf(kind: SettingKind): FieldParser<unknown> {
  if (kind === "string") return parseText;
  if (kind === "key") return parseApiKey;
  if (kind === "number") return parseNumber;
  if (kind === "boolean") return parseBoolean;
  if (!("is" in kind)) return oneOf(kind);
  return (value) => {
    if (kind.is(value)) return value;
    throw wrongValue(value, kind.expected);
  };
}

function parseProxySetting(value: unknown): string | false {
  if (typeof value === "string" || value === false) return value;
  throw wrongValue(value, "an http, https or socks5 URL, or false for no proxy");
}

function parseDispatcher(value: unknown): RequestDispatcher {
  const dispatcher = value as Partial<RequestDispatcher> | null;
  if (typeof value === "object" && typeof dispatcher?.dispatch === "function")
    return value as RequestDispatcher;
  throw fieldProblem(`is ${kindOf(value)}`, "a dispatcher of undici 7, an `Agent` for example");
}
