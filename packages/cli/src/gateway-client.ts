import { isIPv6 } from "node:net";
import { ChatError } from "@fallthrough/core";
import type { Config } from "./config.ts";
import { usageError } from "./failure.ts";
import { knownToken, TOKEN_VARIABLE } from "./gateway-token.ts";
import { loadConfig } from "./load-config.ts";
import type { Output } from "./output.ts";
import type { Shell } from "./shell.ts";

/** What the command line says about a gateway that runs. */
export interface GatewayOptions {
  /** The path of the configuration. */
  readonly config?: string | undefined;
  /** The base URL of the gateway. */
  readonly url?: string | undefined;
  /** The token of the gateway. */
  readonly token?: string | undefined;
}

/** A gateway that runs. */
export interface GatewayAddress {
  /** Its base URL, with `/v1`. */
  readonly url: string;
  /** Its token. */
  readonly token: string | undefined;
}

const DEFAULT_PORT = 8787;
const LOOPBACK = "127.0.0.1";
/** Addresses that mean every one of this machine, and that no client can connect to. */
const WILDCARDS: readonly string[] = ["0.0.0.0", "::"];
const TIMEOUT_MS = 10_000;
/** How long whoever listens may take to say so. */
const GREETING_MS = 2_000;

/** The gateway that the options name, or else the one that the configuration would start. */
export async function findGateway(
  shell: Shell,
  output: Output,
  options: GatewayOptions,
): Promise<GatewayAddress> {
  const { config, problems } = await loadConfig(shell, options.config);
  for (const { message } of problems) output.note({ text: message, style: "yellow" });
  const { host = LOOPBACK, port = DEFAULT_PORT, token = firstOf(config.serve?.tokens) } = config.serve ?? {};
  return {
    url: options.url?.replace(/\/$/, "") ?? `http://${hostOf(host)}:${port}/v1`,
    token: options.token ?? knownToken(shell) ?? token,
  };
}

function firstOf(tokens: NonNullable<Config["serve"]>["tokens"] = {}): string | undefined {
  const [first] = Object.values(tokens);
  return typeof first === "string" ? first : first?.token;
}

function hostOf(host: string): string {
  if (WILDCARDS.includes(host)) return LOOPBACK;
  return isIPv6(host) ? `[${host}]` : host;
}

/** What whoever listens there says of its health, gateway or not; nothing where nobody does. */
export async function greet({ signal }: Shell, url: string): Promise<Response | undefined> {
  try {
    return await fetch(new URL("/healthz", url), {
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(GREETING_MS)]),
    });
  } catch (cause) {
    if (signal.aborted) throw cause;
    return undefined;
  }
}

/** What answers at this URL of a gateway; @throws `network` where nothing does */
export async function askGateway(
  { signal }: Shell,
  { url, token }: GatewayAddress,
  { method = "GET", isStream = false }: { readonly method?: string; readonly isStream?: boolean } = {},
): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      redirect: "manual",
      signal: isStream ? signal : AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
  } catch (cause) {
    if (signal.aborted) throw cause;
    const advice = "expected a running `fallthrough serve`, at the address of `--url`";
    throw new ChatError("network", `no gateway answers at ${url}, ${advice}`, { cause });
  }
}

/** The JSON value of an answer; @throws `config` for a refusal, and for what is no gateway's */
export async function readAnswer(response: Response, whose: string): Promise<unknown> {
  const body = (await response.json().catch(() => undefined)) as
    | { readonly error?: { readonly message?: string } }
    | undefined;
  if (response.ok && body !== undefined) return body;
  const said = body?.error?.message;
  if (response.status === 401)
    throw usageError(`the gateway refused the token, expected it in ${TOKEN_VARIABLE}`);
  if (said === undefined)
    throw usageError(`${whose} answered ${response.status}, expected a fallthrough gateway`);
  throw usageError(said);
}
