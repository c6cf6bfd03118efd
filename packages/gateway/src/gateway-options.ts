import {
  type FieldParsers,
  fieldProblem,
  listOf,
  objectOf,
  parseCount,
  parseFunction,
  parseInput,
  parseText,
  parseTimer,
  recordOf,
  wrongValue,
} from "@fallthrough/core/internal";
import type { AccessOptions, TokenGrant } from "./access.ts";
import type { CallRecord, WaitRecord } from "./call-record.ts";

/** How a gateway serves; no client can change any of it. A timer is turned off with `0`. */
export interface GatewayOptions extends AccessOptions {
  /** Calls in flight at once, and connections of WebSockets at once; one more is refused with 503. @default 256 */
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
  /** A secret that compacted conversations are sealed with; another server opens them with the same. @default one made at the start */
  readonly sealKey?: string | undefined;
  /** What was wrong in the configuration, for people; `/status` shows it. @default none */
  readonly problems?: readonly string[] | undefined;
  /** Told of each call once it is over, and of each that was refused. */
  readonly onCall?: ((record: CallRecord) => void) | undefined;
  /** Told every ten seconds of each call that waits for a server nearby, whose model may have to be loaded first. */
  readonly onWaiting?: ((record: WaitRecord) => void) | undefined;
}

/** Where and how a gateway listens. */
export interface GatewayServerOptions extends GatewayOptions {
  /** `0` for any free one. @default 8787 */
  readonly port?: number | undefined;
  /** The address to listen on; another than loopback needs a token. @default "127.0.0.1" */
  readonly host?: string | undefined;
}

const MiB = 1024 * 1024;

type Defaulted = "maxCalls" | "bodyBytes" | "graceMs" | "keepaliveMs" | "bodyMs" | "writeMs" | "rememberMs";

/** What holds where an option is left out. */
const DEFAULTS: Readonly<Record<Defaulted, number>> = {
  maxCalls: 256,
  bodyBytes: 32 * MiB,
  graceMs: 10_000,
  keepaliveMs: 15_000,
  bodyMs: 30_000,
  writeMs: 60_000,
  rememberMs: 600_000,
};
const SERVER_DEFAULTS: typeof DEFAULTS & { readonly port: number; readonly host: string } = {
  ...DEFAULTS,
  port: 8787,
  host: "127.0.0.1",
};

const FIELDS: FieldParsers<GatewayOptions> = {
  token: parseText,
  tokens: recordOf(parseGrant),
  hosts: listOf(parseText),
  allowOrigins: listOf(parseText),
  maxCalls: parseAmount,
  bodyBytes: parseAmount,
  graceMs: parseTimer,
  keepaliveMs: parseTimer,
  bodyMs: parseTimer,
  writeMs: parseTimer,
  rememberMs: parseTimer,
  sealKey: parseSecret,
  problems: listOf(parseText),
  onCall: parseFunction,
  onWaiting: parseFunction,
};
const parseOptions = objectOf(FIELDS);
const parseServerOptions = objectOf<GatewayServerOptions>({ ...FIELDS, port: parsePort, host: parseText });
const parseTokenGrant = objectOf<TokenGrant>(
  { token: parseText, models: listOf(parseText), callsPerMinute: parseAmount },
  { required: ["token"] },
);
const OPTIONS = { code: "config", whole: "the options of the gateway", field: "option" } as const;

function parseGrant(value: unknown): string | TokenGrant {
  return typeof value === "string" ? value : parseTokenGrant(value);
}

/** A count that may be without end. */
function parseAmount(value: unknown): number {
  return value === Number.POSITIVE_INFINITY ? value : parseCount(value);
}

/** Fewer characters could be guessed. */
function parseSecret(value: unknown): string {
  const text = parseText(value);
  if (text.length >= 16) return text;
  throw fieldProblem(`is a text of ${text.length} characters`, "at least 16");
}

function parsePort(value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535)
    return value as number;
  throw wrongValue(value, "a number from 0 to 65535");
}

/** Options in which everything that has a default has a value. */
export type Resolved<Options> = Options & {
  readonly [Name in keyof Options & keyof typeof SERVER_DEFAULTS]-?: NonNullable<Options[Name]>;
};

/** The options of a handler over the defaults; @throws `config`, naming the option and what would be right */
export function resolveOptions(options: GatewayOptions): Resolved<GatewayOptions> {
  return over(DEFAULTS, parseInput(options, parseOptions, OPTIONS));
}

/** The options of a server over the defaults; @throws `config`, naming the option and what would be right */
export function resolveServerOptions(options: GatewayServerOptions): Resolved<GatewayServerOptions> {
  return over(SERVER_DEFAULTS, parseInput(options, parseServerOptions, OPTIONS));
}

/** The parser has left out what is undefined. */
function over<Options extends object>(defaults: object, options: Options): Resolved<Options> {
  return { ...defaults, ...options } as Resolved<Options>;
}
