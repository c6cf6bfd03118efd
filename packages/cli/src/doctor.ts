import type { Attempt, ChatError, ProviderStatus } from "@fallthrough/core";
import { type CandidateStep, ChainExhaustedError, type Registry } from "@fallthrough/registry";
import type { DiscoveredProvider } from "@fallthrough/registry/discover";
import { absenceOf, formatAbsence } from "@fallthrough/registry/discover";
import { loadApplication, noteAbsent, noteOfCommand, noteProblems } from "./application.ts";
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
  /** Whether `auto` would ask it now, if those before it fail. */
  readonly asked: boolean;
  /** Why it would not be asked. */
  readonly why?: string | undefined;
  /** What to do about it. */
  readonly fix?: string | undefined;
  /** What it lacks to be asked. */
  readonly lacks?: string | undefined;
  readonly probe?: Attempt | undefined;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

const QUESTION = "Reply with the single word: ok";
const PROBE_MS = 30_000;
const LIST_MS = 10_000;
const HEADINGS = ["provider", "package", "author's claim", "plugin", "probe", "auto", "remark", "what to do"];

/** Tells for every provider what its author claims, whether it loads, and with `probe` whether it answers. */
export async function doctor(shell: Shell, output: Output, options: DoctorOptions): Promise<number> {
  const application = await loadApplication(shell, options);
  const { providers, problems, registry, named } = application;
  const progress = await createProgress(shell);
  const isShown = (provider: DiscoveredProvider) =>
    options.all || absenceOf(provider) === undefined || named.includes(provider.id);
  const steps = await autoSteps(registry);
  const checkups = await Promise.all(
    providers.filter(isShown).map((provider) =>
      examine(provider, {
        step: steps.get(provider.id),
        isConfigured: named.includes(provider.id),
        registry: options.probe ? registry : undefined,
        signal: shell.signal,
      }),
    ),
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
  if (registry.providers().length > 0) noteOfCommand(output, application);
  noteAbsent(output, application, options.all);
  return checkups.some(isUsable) ? EXIT.answered : EXIT.unanswered;
}

/** What would become of each provider in a call that names nobody. */
async function autoSteps(registry: Registry): Promise<ReadonlyMap<string, CandidateStep>> {
  // where nobody is there, each tells itself why
  const steps = registry.providers().length === 0 ? [] : await registry.explain();
  return new Map(
    steps.flatMap((step) => (step.type === "candidate" ? [[step.provider, step] as const] : [])),
  );
}

/** How a provider is examined. */
interface Examination {
  /** What would become of it in a call that names nobody. */
  readonly step: CandidateStep | undefined;
  /** Whether the configuration speaks of it. */
  readonly isConfigured: boolean;
  /** What asks it; absent where nobody is asked. */
  readonly registry: Registry | undefined;
  readonly signal: AbortSignal;
}

async function examine(
  provider: DiscoveredProvider,
  { step, isConfigured, registry, signal }: Examination,
): Promise<Checkup> {
  const { id, status, source } = provider;
  const isAsked = step?.outcome === "asked";
  const why = isAsked ? undefined : step?.reason;
  const facts = { provider: id, package: source.package, version: source.version, status };
  const absence = absenceOf(provider);
  const lacks = absence && { lacks: formatAbsence(absence), why: absence.reason, fix: absence.fix };
  // its code is not needed before it can be asked, but its settings may be wrong already
  if (absence?.askable === false && !isConfigured) return { ...facts, loads: false, asked: false, ...lacks };
  try {
    // one whose server does not run may have wrong settings too
    await provider.load();
  } catch (error) {
    const { fix, message } = error as ChatError;
    return { ...facts, loads: false, asked: false, why: message, fix, ...describeFailure(error) };
  }
  const state = { loads: true, asked: isAsked && absence === undefined, why, ...lacks };
  // a key without a model can be tried all the same: its server knows the models
  const isThere = absence === undefined || (absence.askable && !absence.reason.startsWith("is not there"));
  if (registry === undefined || !isThere) return { ...facts, ...state };
  return { ...facts, ...state, ...(await probe(registry, provider, signal)) };
}

async function probe(
  registry: Registry,
  provider: DiscoveredProvider,
  signal: AbortSignal,
): Promise<Pick<Checkup, "probe" | "error"> & { readonly fix?: string }> {
  const { id } = provider;
  const model = provider.models[0]?.id ?? (await firstListed(provider, signal));
  const reply = registry.chat({
    model: model === undefined ? id : `${id}/${model}`,
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
    const { fix } = failure as ChatError;
    return { probe: reply.route.attempts.at(-1), fix, ...describeFailure(failure) };
  }
}

/** A model that a request may name, where one has to. */
async function firstListed(provider: DiscoveredProvider, signal: AbortSignal): Promise<string | undefined> {
  if (absenceOf(provider) === undefined) return undefined;
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]);
    return (await provider.listModels?.({ signal: limited }))?.[0]?.id;
  } catch {
    signal.throwIfAborted();
    // the probe tells what is wrong
    return undefined;
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
  const { provider, package: name, version, status, loads, asked, lacks, why, fix, probe, error } = checkup;
  return [
    { text: provider, style: "bold" },
    `${name}@${version}`,
    `${status.state}, ${status.checked}`,
    lacks === undefined ? formatPlugin(loads, error?.code) : { text: "not there", style: "dim" },
    formatProbe(probe),
    asked ? { text: "would be asked", style: "green" } : { text: "not asked", style: "dim" },
    error?.message ?? lacks ?? why ?? status.note ?? "",
    fix ?? "",
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
