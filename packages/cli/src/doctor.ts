import type { Attempt, ProviderStatus } from "@fallthrough/core";
import { ChainExhaustedError, type Registry } from "@fallthrough/registry";
import type { DiscoveredProvider } from "@fallthrough/registry/discover";
import { absenceOf, formatAbsence } from "@fallthrough/registry/discover";
import { loadApplication, noteAbsent, noteProblems } from "./application.ts";
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
  /** What it lacks to be asked. */
  readonly lacks?: string | undefined;
  readonly probe?: Attempt | undefined;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

const QUESTION = "Reply with the single word: ok";
const PROBE_MS = 30_000;
const HEADINGS = ["provider", "package", "author's claim", "plugin", "probe", "remark"];

/** Tells for every provider what its author claims, whether it loads, and with `probe` whether it answers. */
export async function doctor(shell: Shell, output: Output, options: DoctorOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  const { providers, problems, registry, named } = application;
  const progress = await createProgress(shell);
  const isShown = (provider: DiscoveredProvider) =>
    options.all || absenceOf(provider) === undefined || named.includes(provider.id);
  const checkups = await Promise.all(
    providers
      .filter(isShown)
      .map((provider) => examine(provider, options.probe ? registry : undefined, shell.signal)),
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
  noteAbsent(output, application, options.all);
  return checkups.some(isUsable) ? EXIT.answered : EXIT.unanswered;
}

async function examine(
  provider: DiscoveredProvider,
  registry: Registry | undefined,
  signal: AbortSignal,
): Promise<Checkup> {
  const { id, status, source } = provider;
  const facts = { provider: id, package: source.package, version: source.version, status };
  const absence = absenceOf(provider);
  if (absence?.askable === false) return { ...facts, loads: false, lacks: formatAbsence(absence) };
  try {
    // one whose server does not run may have wrong settings too
    await provider.load();
  } catch (error) {
    return { ...facts, loads: false, ...describeFailure(error) };
  }
  if (absence !== undefined) return { ...facts, loads: true, lacks: formatAbsence(absence) };
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

function isUsable({ loads, lacks, probe, error }: Checkup): boolean {
  return (
    loads &&
    lacks === undefined &&
    error === undefined &&
    (probe === undefined || probe.outcome === "answered")
  );
}

function formatCheckup(checkup: Checkup): Span[] {
  const { provider, package: name, version, status, loads, lacks, probe, error } = checkup;
  return [
    { text: provider, style: "bold" },
    `${name}@${version}`,
    `${status.state}, ${status.checked}`,
    lacks === undefined ? formatPlugin(loads, error?.code) : { text: "not there", style: "dim" },
    formatProbe(probe),
    error?.message ?? lacks ?? status.note ?? "",
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
