import { ChatError } from "@fallthrough/core";
import { quote } from "@fallthrough/core/provider";
import type { AccessOptions } from "./access.ts";
import type { CallRecord } from "./call-record.ts";

/** How a gateway serves; no client can change any of it. A timer is turned off with `0`. */
export interface GatewayOptions extends AccessOptions {
  /** Calls in flight at once; one more is refused with 503. @default 256 */
  readonly maxCalls?: number | undefined;
  /** Bytes of one body, and of the bodies of all calls in flight together. @default 32 MiB */
  readonly bodyBytes?: number | undefined;
  /** Milliseconds that calls in flight are given when the gateway closes. @default 10_000 */
  readonly graceMs?: number | undefined;
  /** Milliseconds that a client waits for a byte before it gets a comment. @default 15_000 */
  readonly keepaliveMs?: number | undefined;
  /** Milliseconds that a client may send nothing in the middle of a body. @default 30_000 */
  readonly bodyMs?: number | undefined;
  /** Milliseconds that a client may take nothing while there is something for it. @default 60_000 */
  readonly writeMs?: number | undefined;
  /** Milliseconds that responses and their items are remembered for requests that refer to them. @default 600_000 */
  readonly rememberMs?: number | undefined;
  /** Told of each call once it is over, and of each that was refused. */
  readonly onCall?: ((record: CallRecord) => void) | undefined;
}

/** Where and how a gateway listens. */
export interface GatewayServerOptions extends GatewayOptions {
  /** `0` for any free one. @default 8787 */
  readonly port?: number | undefined;
  /** The address to listen on; another than loopback needs a token. @default "127.0.0.1" */
  readonly host?: string | undefined;
}

const MiB = 1024 * 1024;

type Defaulted =
  | "maxCalls"
  | "bodyBytes"
  | "graceMs"
  | "keepaliveMs"
  | "bodyMs"
  | "writeMs"
  | "rememberMs"
  | "port"
  | "host";

/** What holds where an option is left out. */
const DEFAULTS: { readonly [Name in Defaulted]: NonNullable<GatewayServerOptions[Name]> } = {
  maxCalls: 256,
  bodyBytes: 32 * MiB,
  graceMs: 10_000,
  keepaliveMs: 15_000,
  bodyMs: 30_000,
  writeMs: 60_000,
  rememberMs: 600_000,
  port: 8787,
  host: "127.0.0.1",
};

type Rule = readonly [isRight: (value: unknown) => boolean, expected: string];

const isText = (value: unknown): boolean => typeof value === "string";
const TEXT: Rule = [isText, "a string"];
const TEXTS: Rule = [(value) => Array.isArray(value) && value.every(isText), "a list of strings"];
const MILLISECONDS: Rule = [
  (value) => typeof value === "number" && value >= 0,
  "milliseconds, or 0 to turn it off",
];
const COUNT: Rule = [
  (value) =>
    typeof value === "number" &&
    value >= 1 &&
    (Number.isInteger(value) || value === Number.POSITIVE_INFINITY),
  "a whole number from 1",
];
const TOKENS: Rule = [
  (value) => isRecord(value) && Object.values(value).every(isGrant),
  "an object of tokens by name, each a string or { token, models, callsPerMinute }",
];
const PORT: Rule = [
  (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
  "a number from 0 to 65535",
];

const RULES: { readonly [Name in keyof GatewayOptions]-?: Rule } = {
  token: TEXT,
  tokens: TOKENS,
  hosts: TEXTS,
  allowOrigins: TEXTS,
  maxCalls: COUNT,
  bodyBytes: COUNT,
  graceMs: MILLISECONDS,
  keepaliveMs: MILLISECONDS,
  bodyMs: MILLISECONDS,
  writeMs: MILLISECONDS,
  rememberMs: MILLISECONDS,
  onCall: [(value) => typeof value === "function", "a function"],
};
const SERVER_RULES: { readonly [Name in keyof GatewayServerOptions]-?: Rule } = {
  ...RULES,
  port: PORT,
  host: TEXT,
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isGrant(value: unknown): boolean {
  if (!isRecord(value)) return isText(value);
  const { token, models, callsPerMinute, ...others } = value;
  return (
    isText(token) &&
    (models === undefined || TEXTS[0](models)) &&
    (callsPerMinute === undefined || COUNT[0](callsPerMinute)) &&
    Object.keys(others).length === 0
  );
}

/** The options of a handler over the defaults; @throws `config`, naming the option and what would be right */
export function resolveOptions(options: GatewayOptions): Resolved<GatewayOptions> {
  return resolve(options, RULES);
}

/** The options of a server over the defaults; @throws `config`, naming the option and what would be right */
export function resolveServerOptions(options: GatewayServerOptions): Resolved<GatewayServerOptions> {
  return resolve(options, SERVER_RULES);
}

/** Options in which everything that has a default has a value. */
export type Resolved<Options> = Options & {
  readonly [Name in keyof Options & Defaulted]-?: NonNullable<Options[Name]>;
};

function resolve<Options extends object>(
  options: Options,
  rules: { readonly [Name in keyof Options]-?: Rule },
): Resolved<Options> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(rules, name)) {
      const known = Object.keys(rules).join(", ");
      throw new ChatError("config", `option ${quote(name)} is unknown, expected one of ${known}`);
    }
    const [isRight, expected] = rules[name as keyof Options];
    if (isRight(value)) continue;
    throw new ChatError("config", `option \`${name}\` is ${describe(value)}, expected ${expected}`);
  }
  const defaults = Object.entries(DEFAULTS).filter(([name]) => Object.hasOwn(rules, name));
  return Object.fromEntries([...defaults, ...given]) as Resolved<Options>;
}

/** A number as it is, of anything else its kind: a value in the wrong place may be a secret. */
function describe(value: unknown): string {
  if (typeof value === "number") return `${value}`;
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}
