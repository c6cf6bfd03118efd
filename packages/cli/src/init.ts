import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import type { ProviderCard } from "@fallthrough/core";
import { findManifest, instanceSettings, isLoopback } from "@fallthrough/core/internal";
import { applyEdits, modify, parseTree } from "jsonc-parser";
import { type Application, loadApplication, noteAbsent, noteProblems } from "./application.ts";
import type { Output } from "./output.ts";
import { EXIT, type Shell } from "./shell.ts";
import { unwritten } from "./write-failure.ts";

/** The options of `init`. */
export interface InitOptions {
  /** The path of the configuration. */
  readonly config?: string | undefined;
  /** Writes without a question. */
  readonly yes?: boolean | undefined;
}

/** What a configuration gets. */
interface Proposal {
  /** The providers in the order of asking: what costs nothing comes first. */
  readonly order: readonly string[];
  /** Models of those that a request has to name one of. */
  readonly settings: Readonly<Record<string, { readonly models: readonly { readonly id: string }[] }>>;
}

const FILE = "fallthrough.config.json";
const LIST_MS = 5_000;
/** So many models of a server are proposed. */
const MOST_MODELS = 3;

const FIRST = `{
  // whom \`auto\` asks first; the others that are installed follow
  "order": [],
  // names of your own, "fast": ["ollama/llama3.2", "groq"] for example
  "aliases": {},
  // by provider: baseURL, apiKeyEnv, proxy, timeouts and what its README lists
  "settings": {}
}
`;

/** Writes a first configuration from what is found on this machine, or adds to the one that is there. */
export async function init(shell: Shell, output: Output, options: InitOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  noteProblems(output, application);
  const file = application.configFile ?? join(folderOf(shell), FILE);
  const proposal = await propose(application, shell.signal);
  await application.registry.close();
  if (proposal.order.length === 0) {
    output.note(
      "nobody was found who could answer: no local server listens, and no key is in the environment",
    );
    noteAbsent(output, application, false);
    return EXIT.unanswered;
  }

  const current = existsSync(file) ? readFileSync(file, "utf8") : FIRST;
  if (/\.[cm]?[jt]s$/.test(file)) {
    output.note(`${basename(file)} is a module, which only its author can change; what was found:`);
    output.line(JSON.stringify(proposal, undefined, 2));
    return EXIT.answered;
  }
  const text = addTo(current, proposal);
  if (text === current) {
    output.note(`${basename(file)} has everything that was found: ${proposal.order.join(", ")}`);
    return EXIT.answered;
  }
  output.line(text.trimEnd());
  if (!options.yes && !(await confirm(shell, output, `write ${file}?`))) return EXIT.usage;
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw unwritten(file, error);
  }
  output.note(`${file} was written; \`fallthrough doctor --probe\` asks each of them once`);
  return EXIT.answered;
}

async function propose({ registry }: Application, signal: AbortSignal): Promise<Proposal> {
  const present = registry.providers().filter(({ status }) => status.state !== "retired");
  const nameless = registry
    .absent()
    .filter(({ askable, reason }) => askable && reason.startsWith("needs a model"));
  const found = [...present, ...nameless.map(({ provider }) => provider)];
  const settings = await Promise.all(
    nameless.map(
      async ({ provider }) => [provider.id, { models: await modelsOf(provider, signal) }] as const,
    ),
  );
  return {
    order: found.toSorted((one, other) => costOf(one) - costOf(other)).map(({ id }) => id),
    settings: Object.fromEntries(settings.filter(([, { models }]) => models.length > 0)),
  };
}

/** A server of this machine before all others. */
function costOf(provider: ProviderCard): number {
  const { origin } = instanceSettings(provider);
  return origin !== undefined && isLoopback(new URL(origin).hostname) ? 0 : 1;
}

/** The first models that a server lists; none where it does not answer. */
async function modelsOf(
  provider: ProviderCard,
  signal: AbortSignal,
): Promise<readonly { readonly id: string }[]> {
  const lister = provider as ProviderCard & {
    listModels?(options: { readonly signal: AbortSignal }): Promise<readonly { readonly id: string }[]>;
  };
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]);
    const models = (await lister.listModels?.({ signal: limited })) ?? [];
    return models.slice(0, MOST_MODELS).map(({ id }) => ({ id }));
  } catch {
    signal.throwIfAborted();
    return [];
  }
}

/** The text of a configuration with what it lacks; what a person wrote stays as it is. */
export function addTo(text: string, { order, settings }: Proposal): string {
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: text.includes("\r\n") ? "\r\n" : "\n" };
  const edited = (before: string, path: (string | number)[], value: unknown): string =>
    applyEdits(before, modify(before, path, value, { formattingOptions }));
  const known = childrenOf(text, "order");
  const missing = order.filter((id) => !known.includes(id));
  const ordered = missing.length === 0 ? text : edited(text, ["order"], [...known, ...missing]);
  const configured = childrenOf(text, "settings");
  return Object.entries(settings)
    .filter(([id]) => !configured.includes(id))
    .reduce((before, [id, own]) => edited(before, ["settings", id], own), ordered);
}

/** The texts in a list, or the names in an object, that a configuration has under this key. */
function childrenOf(text: string, key: string): readonly string[] {
  const property = parseTree(text)?.children?.find(({ children = [] }) => children[0]?.value === key);
  const value = property?.children?.[1];
  return (value?.children ?? []).map((child) =>
    String(child.type === "property" ? child.children?.[0]?.value : child.value),
  );
}

async function confirm(shell: Shell, output: Output, question: string): Promise<boolean> {
  if (!shell.input.isTTY) {
    output.note("nothing was written: without a terminal `--yes` writes it");
    return false;
  }
  const reader = createInterface({ input: shell.input, output: shell.notes });
  try {
    const answer = await reader.question(`${question} [y/N] `, { signal: shell.signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}

function folderOf({ directory }: Shell): string {
  const manifest = findManifest(directory);
  return manifest === undefined ? directory : dirname(manifest);
}
