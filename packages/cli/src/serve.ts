import { once } from "node:events";
import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { type GatewayServerOptions, type RunningGateway, startGateway } from "@fallthrough/gateway";
import { type Application, loadApplication, noteOfCommand, noteProblems } from "./application.ts";
import { createCallLog, parseLogForm } from "./call-log.ts";
import { knownToken, TOKEN_VARIABLE } from "./gateway-token.ts";
import { openPage } from "./open-page.ts";
import type { Output } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";
import type { StateOptions } from "./state.ts";

/** The options of `serve`. */
export interface ServeOptions extends StateOptions {
  /** The path of the configuration. */
  readonly config?: string | undefined;
  /** The port to listen on. */
  readonly port?: number | undefined;
  /** The address to listen on. */
  readonly host?: string | undefined;
  /** The token that clients have to send. */
  readonly token?: string | undefined;
  /** Further names that the gateway answers under. */
  readonly allowHost?: readonly string[] | undefined;
  /** Origins of pages that may call the gateway. */
  readonly allowOrigin?: readonly string[] | undefined;
  /** How many calls may be in flight. */
  readonly maxCalls?: number | undefined;
  /** Mebibytes. */
  readonly maxBody?: number | undefined;
  /** Whether the page is opened in a browser. */
  readonly open?: boolean | undefined;
  /** Where the log of calls goes. */
  readonly log?: string | undefined;
}

const QUESTION = { model: "auto", messages: [{ role: "user", content: "Why is the sky blue?" }] };
const MiB = 1024 * 1024;
/** An editor writes a file in several steps. */
const SETTLED_MS = 200;

/** Serves the application's providers until the process is asked to end; then gives calls in flight their time. */
export async function serve(shell: Shell, output: Output, options: ServeOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  noteProblems(output, application);
  if (application.providers.length === 0) return EXIT.usage;
  if (application.registry.providers().length > 0) noteOfCommand(output, application);

  const { registry } = application;
  const settings = settingsOf(shell, output, application, options);
  const gateway = await startGateway(registry, settings);
  const served = keepServing(shell, output, options, gateway, application);
  const names = ["auto", ...Object.keys(registry.aliases()), ...application.providers.flatMap(referencesOf)];
  const hasToken = settings.token !== undefined || Object.keys(settings.tokens ?? {}).length > 0;
  output.line("base URL: ", { text: gateway.baseURL, style: "bold" });
  const page = gateway.baseURL.replace(/v1$/, "");
  output.line("page: ", page);
  output.line("models: ", names.join(", "));
  output.line("try: ", formatCommand(gateway.baseURL, hasToken));
  if (hasToken && settings.token !== knownToken(shell)) {
    output.note(`the line reads the token from \`${TOKEN_VARIABLE}\``);
  }

  if (options.open && !(await openPage(page, shell.environment))) {
    output.note({ text: `no browser could be started, expected one that opens ${page}`, style: "yellow" });
  }
  if (!shell.signal.aborted) await once(shell.signal, "abort");
  await gateway.close();
  await served.close();
  return EXIT.answered;
}

/** Reads the configuration again when it changes or on SIGHUP; a broken one is reported, and the old one stays. */
function keepServing(
  shell: Shell,
  output: Output,
  options: ServeOptions,
  gateway: RunningGateway,
  first: Application,
): { close(): Promise<void> } {
  let current = first;
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;

  async function reload(): Promise<void> {
    const before = current;
    let next: Application | undefined;
    try {
      next = await loadApplication(shell, options);
      noteProblems(output, next);
      const { port: _, host: __, ...settings } = settingsOf(shell, output, next, options);
      const left = gateway.replace(next.registry, settings);
      // a refusal comes at once, and the calls before may take long
      await Promise.race([left, turn()]);
      current = next;
      output.note("the configuration was read again");
      await left;
      await before.registry.close();
    } catch (error) {
      output.note({ text: `the configuration stays as it was: ${(error as Error).message}`, style: "red" });
      if (next !== undefined && next !== current) await next.registry.close();
    }
  }

  function reloadSoon(): void {
    clearTimeout(timer);
    timer = setTimeout(() => void reload(), SETTLED_MS);
  }

  // a terminal that is closed ends the server, as it ends everything else
  if (!shell.notes.isTTY) shell.takeHangups?.(reloadSoon);
  const { configFile } = first;
  if (configFile !== undefined) {
    // the folder, because editors put a new file in the place of the old one
    watcher = watch(dirname(configFile), (_, name) => {
      if (name === basename(configFile)) reloadSoon();
    });
    watcher.on("error", () => watcher?.close());
  }
  return {
    async close() {
      clearTimeout(timer);
      watcher?.close();
      await current.registry.close();
    },
  };
}

/** What the command line says goes before the configuration. */
function settingsOf(
  shell: Shell,
  output: Output,
  { serve = {}, problems }: Application,
  options: ServeOptions,
): GatewayServerOptions {
  const { log, ...configured } = serve;
  const given = {
    port: options.port,
    host: options.host,
    token: options.token ?? knownToken(shell),
    hosts: options.allowHost,
    allowOrigins: options.allowOrigin,
    maxCalls: options.maxCalls,
    bodyBytes: options.maxBody === undefined ? undefined : options.maxBody * MiB,
    problems: problems.map(({ error }) => error.message),
    ...createCallLog(output, parseLogForm(options.log ?? log ?? "text")),
  };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...configured, ...Object.fromEntries(said) };
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
