import { createGateway } from "@fallthrough/gateway";
import { loadApplication } from "./application.ts";
import { askGateway, findGateway, greet, readAnswer } from "./gateway-client.ts";
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

type Ask = (method: "GET" | "DELETE", query?: string) => Promise<unknown>;

/** Whom to ask: a gateway, or what the command itself remembers where none runs and none was named. */
async function findMemory(shell: Shell, output: Output, options: HealthOptions): Promise<Ask> {
  const gateway = await findGateway(shell, output, options);
  const ask: Ask = async (method, query = "") => {
    const url = `${gateway.url}/health${query}`;
    return readAnswer(await askGateway(shell, { ...gateway, url }, { method }), gateway.url);
  };
  const isKept = options.state !== false && findStateFile(shell.environment) !== undefined;
  if (options.url !== undefined || !isKept || (await greet(shell, gateway.url)) !== undefined) return ask;
  const { registry } = await loadApplication(shell, options);
  const own = createGateway(registry);
  return async (method, query = "") =>
    readAnswer(await own.fetch(new Request(`http://127.0.0.1/v1/health${query}`, { method })), "the command");
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
