import { type ChainTimeouts, ChatError, type ProviderSettings } from "@fallthrough/core";
import {
  type FieldParser,
  listOf,
  objectOf,
  parseBoolean,
  parseChainTimeouts,
  parseInput,
  parseFields as parseObject,
  parseText,
  recordOf,
  wrongValue,
} from "@fallthrough/core/internal";
import type { GatewayServerOptions } from "@fallthrough/gateway";
import type { Servers } from "@fallthrough/registry";
import type { LogForm } from "./call-log.ts";

/** What an application tells the command in `fallthrough.config.json`, or in a module of that name. */
export interface Config {
  /** By provider id. */
  readonly settings?: Readonly<Record<string, ProviderSettings>> | undefined;
  /** Servers of the application's own, by the names that they get. */
  readonly servers?: Servers | undefined;
  /** The providers that come first. */
  readonly order?: readonly string[] | undefined;
  /** The packages that may be used. */
  readonly allow?: readonly string[] | undefined;
  /** The packages that may not be used. */
  readonly deny?: readonly string[] | undefined;
  /** Names of the application. */
  readonly aliases?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** The timers of each call. */
  readonly timeouts?: ChainTimeouts | undefined;
  /** What `chat` keeps. */
  readonly chat?: ChatConfig | undefined;
  /** How `serve` listens, and which clients it lets in; the command line goes first. */
  readonly serve?: ServeConfig | undefined;
}

/** What `chat` takes from the configuration. */
interface ChatConfig {
  /** Whether what is typed is on the arrow keys of later conversations. @default true */
  readonly history?: boolean | undefined;
}

/** What `serve` takes from the configuration. */
interface ServeConfig extends Omit<GatewayServerOptions, "onCall" | "onWaiting"> {
  /** How calls are logged on stderr. @default "text" */
  readonly log?: LogForm | undefined;
}

const parseKeys = objectOf<Config>({
  settings: recordOf(parseObject),
  // discovery checks each of them itself
  servers: parseObject as FieldParser<Servers>,
  order: listOf(parseText),
  allow: listOf(parseText),
  deny: listOf(parseText),
  aliases: recordOf(parseReferences),
  timeouts: parseChainTimeouts,
  chat: objectOf<ChatConfig>({ history: parseBoolean }),
  // the gateway checks each of its options itself
  serve: parseObject,
});
const CONFIG = { code: "config", whole: "the configuration", field: "key" } as const;

/** Checks a configuration; @throws `config`, naming the key and what would be right */
export function parseConfig(value: unknown): Config {
  return parseInput(withoutSchema(value), parseKeys, CONFIG);
}

/** `$schema` is for editors. */
function withoutSchema(value: unknown): unknown {
  if (!isRecord(value) || !("$schema" in value)) return value;
  const { $schema: _, ...config } = value;
  return config;
}

function parseReferences(value: unknown): string | readonly string[] {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) throw wrongValue(value, "a model reference or a list of them");
  return listOf(parseText)(value);
}

/** A copy of a JSON value whose texts have each `${NAME}` replaced from the environment; @throws `config` */
export function interpolate(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  if (typeof value === "string") {
    return value.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
      const found = environment[name];
      if (found === undefined) throw new ChatError("config", `environment variable \`${name}\` is not set`);
      return found;
    });
  }
  if (Array.isArray(value)) return value.map((item) => interpolate(item, environment));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, interpolate(item, environment)]),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
