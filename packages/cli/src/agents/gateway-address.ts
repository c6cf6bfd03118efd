import { isIPv6 } from "node:net";
import { loadConfig } from "../load-config.ts";
import type { Output } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type AgentGateway, TOKEN_VARIABLE } from "./agents.ts";

/** What the command line says about the gateway. */
export interface AddressOptions {
  /** The path of the configuration. */
  readonly config?: string | undefined;
  /** The base URL. @default the address that `serve` listens on */
  readonly url?: string | undefined;
  /** The model that the program asks for. @default "auto" */
  readonly model?: string | undefined;
}

const DEFAULT_PORT = 8787;
const LOOPBACK = "127.0.0.1";
/** Addresses that stand for every one of this machine. */
const WILDCARDS: readonly string[] = ["0.0.0.0", "::"];

/** Where `serve` listens, with this command line and configuration. */
export async function gatewayAddress(
  shell: Shell,
  output: Output,
  options: AddressOptions,
): Promise<AgentGateway> {
  const { config, problems } = await loadConfig(shell, options.config);
  for (const { message } of problems) output.note({ text: message, style: "yellow" });
  const { host = LOOPBACK, port = DEFAULT_PORT, token, tokens = {} } = config.serve ?? {};
  const known = shell.environment[TOKEN_VARIABLE]?.trim() || token || Object.values(tokens).map(textOf)[0];
  return {
    baseURL: options.url ?? `http://${hostOf(host)}:${port}/v1`,
    model: options.model ?? "auto",
    token: known,
  };
}

function hostOf(host: string): string {
  if (WILDCARDS.includes(host)) return LOOPBACK;
  return isIPv6(host) ? `[${host}]` : host;
}

function textOf(token: string | { readonly token: string }): string {
  return typeof token === "string" ? token : token.token;
}
