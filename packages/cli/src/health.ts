import { ChatError } from "@fallthrough/core";
import { isLoopback } from "@fallthrough/core/internal";
import { createGateway } from "@fallthrough/gateway";
import { loadApplication } from "./application.ts";
import { usageError } from "./failure.ts";
import { knownToken, TOKEN_VARIABLE } from "./gateway-token.ts";
import { loadConfig } from "./load-config.ts";
import type { ListOptions } from "./models.ts";
import type { Output } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";
import type { Span } from "./span.ts";
import { findStateFile } from "./state.ts";

/** The options of `health`. */
export interface HealthOptions extends ListOptions {
  /** The base URL of the gateway. */
  readonly url?: string | undefined;
  /** The token of the gateway. */
  readonly token?: string | undefined;
  /** The provider to forget about, or `true` for all. */
  readonly reset?: string | true | undefined;
}

/** What a gateway tells of one candidate. */
interface CandidateHealth {
  readonly id: string;
  readonly state: string;
  readonly code?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly ended_by?: string | undefined;
}

const DEFAULT_PORT = 8787;
const TIMEOUT_MS = 10_000;
const LISTEN_MS = 2_000;
const HEADINGS = ["candidate", "state", "why", "since", "until", "ended by"];

/**
 * Tells what a running gateway remembers of each candidate, after it has forgotten what `reset` names; where none runs,
 * what the command remembers between its calls.
 */
export async function health(shell: Shell, output: Output, options: HealthOptions): Promise<number> {
  const ask = await findMemory(shell, output, options);
  if (options.reset !== undefined) {
    const query = options.reset === true ? "" : `?provider=${encodeURIComponent(options.reset)}`;
    await ask("DELETE", query);
    const whom = options.reset === true ? "every provider" : options.reset;
    output.note(`the failures of ${whom} are forgotten`);
  }
  const { data } = (await ask("GET")) as { readonly data: readonly CandidateHealth[] };
  if (options.json) output.json(data);
  else output.table(HEADINGS, data.map(formatCandidate));
  return EXIT.answered;
}

interface Gateway {
  readonly url: string;
  readonly token: string | undefined;
}

type Ask = (method: "GET" | "DELETE", query?: string) => Promise<unknown>;

/** Whom to ask: a gateway, or what the command itself remembers where none runs and none was named. */
async function findMemory(shell: Shell, output: Output, options: HealthOptions): Promise<Ask> {
  const gateway = await findGateway(shell, output, options);
  const ask: Ask = (method, query) => request(shell, gateway, method, query);
  const isKept = options.state !== false && findStateFile(shell.environment) !== undefined;
  if (options.url !== undefined || !isKept || (await isListening(shell, gateway))) return ask;
  const { registry } = await loadApplication(shell, options);
  const own = createGateway(registry);
  return async (method, query = "") =>
    readAnswer(await own.fetch(new Request(`http://127.0.0.1/v1/health${query}`, { method })), "the command");
}

/** Whether anybody answers there, gateway or not. */
async function isListening({ signal }: Shell, { url }: Gateway): Promise<boolean> {
  const health = new URL("/healthz", url);
  try {
    await fetch(health, {
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(LISTEN_MS)]),
    });
    return true;
  } catch (cause) {
    if (signal.aborted) throw cause;
    return false;
  }
}

/** The gateway that the options name, or else the one that the configuration would start. */
async function findGateway(shell: Shell, output: Output, options: HealthOptions): Promise<Gateway> {
  const { config, problems } = await loadConfig(shell, options.config);
  for (const { message } of problems) output.note({ text: message, style: "yellow" });
  const { host = "127.0.0.1", port = DEFAULT_PORT, token } = config.serve ?? {};
  const given = options.token ?? knownToken(shell) ?? token;
  if (options.url !== undefined) return { url: options.url.replace(/\/$/, ""), token: given };
  // an address for all interfaces is none to connect to
  const name = isLoopback(host) || !/^(?:0\.0\.0\.0|::|\[::\])$/.test(host) ? host : "127.0.0.1";
  return { url: `http://${name.includes(":") ? `[${name}]` : name}:${port}/v1`, token: given };
}

async function request(
  { signal }: Shell,
  { url, token }: Gateway,
  method: string,
  query = "",
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`${url}/health${query}`, {
      method,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
  } catch (cause) {
    if (signal.aborted) throw cause;
    const advice = "expected a running `fallthrough serve`, at the address of `--url`";
    throw new ChatError("network", `no gateway answers at ${url}, ${advice}`, { cause });
  }
  return readAnswer(response, url);
}

async function readAnswer(response: Response, whose: string): Promise<unknown> {
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

function formatCandidate({ id, state, code, since, until, ended_by: endedBy }: CandidateHealth): Span[] {
  return [
    id,
    { text: state, style: state === "well" ? "green" : state === "refused" ? "red" : "yellow" },
    code ?? "",
    since ?? "",
    until ?? "",
    endedBy ?? "",
  ];
}
