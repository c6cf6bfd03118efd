import type { Attempt, ProviderStatus } from "@fallthrough/core";
import { ChainExhaustedError, type Registry } from "@fallthrough/registry";
import type { DiscoveredProvider } from "@fallthrough/registry/discover";
import { loadApplication, noteProblems } from "./application.ts";
import { describeFailure } from "./failure.ts";
import type { ListOptions } from "./models.ts";
import type { Output } from "./output.ts";
import { createProgress } from "./progress.ts";
import { EXIT, type Shell } from "./shell.ts";
import type { Span } from "./span.ts";

/** The options of `doctor`. */
export interface DoctorOptions extends ListOptions {
  /** Whether each provider is asked a short question. */
  readonly probe?: boolean | undefined;
}

/** What is known of one provider. */
interface Checkup {
  readonly provider: string;
  readonly package: string;
  readonly version: string;
  /** The author's claim. */
  readonly status: ProviderStatus;
  readonly loads: boolean;
  readonly probe?: Attempt | undefined;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

const QUESTION = "Reply with the single word: ok";
const PROBE_MS = 30_000;
const HEADINGS = ["provider", "package", "author's claim", "plugin", "probe", "remark"];

/** Tells for every provider what its author claims, whether it loads, and with `probe` whether it answers. */
export async function doctor(shell: Shell, output: Output, options: DoctorOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  const { providers, problems, registry } = application;
  const progress = await createProgress(shell);
  const checkups = await Promise.all(
    providers.map((provider) => examine(provider, options.probe ? registry : undefined, shell.signal)),
  ).finally(progress.stop);

  if (options.json) {
    output.json({
      providers: checkups,
      problems: problems.map(({ error, ...place }) => ({ ...place, ...describeFailure(error) })),
    });
  } else if (checkups.length > 0) {
    output.table(HEADINGS, checkups.map(formatCheckup));
  }
  noteProblems(output, application);
  return checkups.some(isUsable) ? EXIT.answered : EXIT.unanswered;
}

async function examine(
  provider: DiscoveredProvider,
  registry: Registry | undefined,
  signal: AbortSignal,
): Promise<Checkup> {
  const { id, status, source } = provider;
  const facts = { provider: id, package: source.package, version: source.version, status };
  try {
    await provider.load();
  } catch (error) {
    return { ...facts, loads: false, ...describeFailure(error) };
  }
  return { ...facts, loads: true, ...(registry && (await probe(registry, provider, signal))) };
}

async function probe(
  registry: Registry,
  { id, models: [model] }: DiscoveredProvider,
  signal: AbortSignal,
): Promise<Pick<Checkup, "probe" | "error">> {
  const reply = registry.chat({
    model: model === undefined ? id : `${id}/${model.id}`,
    messages: [{ role: "user", content: QUESTION }],
    timeouts: { totalMs: PROBE_MS, commitMs: PROBE_MS },
    signal,
  });
  try {
    await reply.text();
    return { probe: reply.route.attempts.at(-1) };
  } catch (error) {
    if (signal.aborted) throw error;
    const failure = error instanceof ChainExhaustedError ? (error.errors.at(-1) ?? error) : error;
    return { probe: reply.route.attempts.at(-1), ...describeFailure(failure) };
  }
}

function isUsable({ loads, probe, error }: Checkup): boolean {
  return loads && error === undefined && (probe === undefined || probe.outcome === "answered");
}

function formatCheckup({ provider, package: name, version, status, loads, probe, error }: Checkup): Span[] {
  return [
    { text: provider, style: "bold" },
    `${name}@${version}`,
    `${status.state}, ${status.checked}`,
    formatPlugin(loads, error?.code),
    formatProbe(probe),
    error?.message ?? status.note ?? "",
  ];
}

function formatPlugin(loads: boolean, code: string | undefined): Span {
  if (loads) return { text: "loads", style: "green" };
  return code === "config" ? { text: "not configured", style: "yellow" } : { text: "broken", style: "red" };
}

function formatProbe(probe: Attempt | undefined): Span {
  if (probe === undefined) return { text: "not observed", style: "dim" };
  const { outcome, code, ms } = probe;
  const time = `${Math.round(ms)} ms`;
  return outcome === "answered"
    ? { text: `answered in ${time}`, style: "green" }
    : { text: `${code ?? outcome} in ${time}`, style: "red" };
}
