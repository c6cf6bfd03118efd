import type { ChainTimeouts, ProviderSettings } from "@fallthrough/core";
import { ChatError, DEFAULT_TIMEOUTS } from "@fallthrough/core";
import { quote } from "@fallthrough/core/provider";
import type { GatewayServerOptions } from "@fallthrough/gateway";
import type { Servers } from "@fallthrough/registry";
import type { LogForm } from "./call-log.ts";

/** What an application tells the command in `fallthrough.config.json` or `.mjs`. */
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
  /** How `serve` listens, and whom it lets in; what the command line says goes first. */
  readonly serve?: ServeConfig | undefined;
}

/** What `serve` takes from the configuration. */
interface ServeConfig extends Omit<GatewayServerOptions, "onCall"> {
  /** How calls are told on stderr. @default "text" */
  readonly log?: LogForm | undefined;
}

type Check = (value: unknown, key: string) => void;

const CHECKS: { readonly [Key in keyof Config]-?: Check } = {
  settings: checkRecord(checkRecord(() => {})),
  // discovery checks each of them itself
  servers: checkRecord(() => {}),
  order: checkNames,
  allow: checkNames,
  deny: checkNames,
  aliases: checkRecord(checkAlias),
  timeouts: checkTimeouts,
  // the gateway checks each of its options itself
  serve: checkRecord(() => {}),
};

/** Checks a configuration; @throws `config`, naming the key and what would be right */
export function parseConfig(value: unknown): Config {
  if (!isRecord(value)) throw wrong("the configuration", value, "an object");
  for (const [key, entry] of Object.entries(value)) {
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key as keyof Config] : undefined;
    if (!check) throw unknownKey(`key ${quote(key)}`, Object.keys(CHECKS));
    if (entry !== undefined) check(entry, key);
  }
  return value;
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

function checkNames(value: unknown, key: string): void {
  if (!isNames(value)) throw wrong(`\`${key}\``, value, "a list of names");
}

function checkAlias(value: unknown, key: string): void {
  if (typeof value !== "string" && !isNames(value)) {
    throw wrong(`\`${key}\``, value, "a model reference or a list of them");
  }
}

function checkTimeouts(value: unknown, key: string): void {
  checkRecord((milliseconds, name) => {
    const timer = name.slice(key.length + 1);
    if (!Object.hasOwn(DEFAULT_TIMEOUTS, timer))
      throw unknownKey(`\`${name}\``, Object.keys(DEFAULT_TIMEOUTS));
    if (typeof milliseconds !== "number" || !(milliseconds >= 0)) {
      throw wrong(`\`${name}\``, milliseconds, "milliseconds, or 0 for none");
    }
  })(value, key);
}

function checkRecord(check: Check): Check {
  return (value, key) => {
    if (!isRecord(value)) throw wrong(`\`${key}\``, value, "an object");
    for (const [name, entry] of Object.entries(value)) check(entry, `${key}.${name}`);
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

function unknownKey(what: string, known: readonly string[]): ChatError {
  return new ChatError("config", `${what} is unknown, expected one of ${known.join(", ")}`);
}

/** Names the type only: a value out of place may be a secret. */
function wrong(what: string, value: unknown, expected: string): ChatError {
  const found = value === null ? "null" : Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
  return new ChatError("config", `${what} is ${found}, expected ${expected}`);
}
