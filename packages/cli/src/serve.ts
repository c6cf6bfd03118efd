import { once } from "node:events";
import { startGateway } from "@fallthrough/gateway";
import { loadApplication, noteProblems } from "./application.ts";
import type { Output } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";

/** The options of `serve`. */
export interface ServeOptions {
  readonly config?: string | undefined;
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly token?: string | undefined;
  readonly allowHost?: readonly string[] | undefined;
}

const TOKEN_VARIABLE = "FALLTHROUGH_TOKEN";
const QUESTION = { model: "auto", messages: [{ role: "user", content: "Why is the sky blue?" }] };

/** Serves the application's providers until the process is asked to end; then gives calls in flight their time. */
export async function serve(shell: Shell, output: Output, options: ServeOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  noteProblems(output, application);
  if (application.providers.length === 0) return EXIT.usage;

  const { registry } = application;
  // a variable that is set and blank counts as missing, as everywhere
  const known = shell.environment[TOKEN_VARIABLE]?.trim() || undefined;
  const token = options.token ?? known;
  const { port, host, allowHost: hosts } = options;
  const gateway = await startGateway(registry, { port, host, token, hosts });
  const names = ["auto", ...Object.keys(registry.aliases()), ...application.providers.flatMap(referencesOf)];
  output.line("base URL: ", { text: gateway.baseURL, style: "bold" });
  output.line("models: ", names.join(", "));
  output.line("try: ", formatCommand(gateway.baseURL, token !== undefined));
  if (token !== known) output.note(`the line reads the token from \`${TOKEN_VARIABLE}\``);

  if (!shell.signal.aborted) await once(shell.signal, "abort");
  await gateway.close();
  await registry.close();
  return EXIT.answered;
}

function referencesOf({
  id,
  models,
}: {
  readonly id: string;
  readonly models: readonly { readonly id: string }[];
}) {
  return models.length === 0 ? [id] : models.map((model) => `${id}/${model.id}`);
}

/** The token itself stays out of what may be kept in a terminal or a log. */
function formatCommand(baseURL: string, hasToken: boolean): string {
  const token = hasToken ? ` -H "authorization: Bearer $${TOKEN_VARIABLE}"` : "";
  const type = "-H 'content-type: application/json'";
  // a shell may take the brackets of an address for a pattern
  return `curl '${baseURL}/chat/completions' ${type}${token} -d '${JSON.stringify(QUESTION)}'`;
}
