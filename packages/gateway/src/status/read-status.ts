import type { CandidateStep, Registry } from "@fallthrough/registry";
import { candidateId } from "./candidate-counts.ts";
import type { Monitor } from "./monitor.ts";
import type { Status, StatusCandidate, StatusProblem } from "./status.ts";

/** What a person can do about what keeps a candidate out until something is mended. */
const MENDING: Readonly<Record<string, string>> = {
  auth: "Correct its key in the environment or in the settings, then start the gateway again.",
  payment: "Add credit to its account, or take it out with `deny`.",
  blocked: "The site turns this network away. Set a `proxy`, or take it out with `deny`.",
  abuse: "The service refuses this caller. Take it out with `deny`.",
  "not-found": "The model is gone. Name another in `models` or in the alias.",
  tls: "Check its certificate and this machine's clock.",
  protocol: "The site has changed. Update the package of the provider.",
  config: "Complete its settings.",
};
/** Names whose candidates are looked at beside those of `auto`. */
const MOST_NAMES = 300;

/** The candidates of `auto` in their order, then those of other names that are not well or were asked. */
export async function readCandidates(
  registry: Registry,
  { counts }: Monitor,
): Promise<readonly (CandidateStep & { readonly isUsual: boolean })[]> {
  const found = new Map<string, CandidateStep & { readonly isUsual: boolean }>();
  const names = [
    ...Object.keys(registry.aliases()).filter((name) => !name.includes("*")),
    ...registry.models().map(({ reference }) => reference),
  ].slice(0, MOST_NAMES);
  const explained = await Promise.all(
    // with no provider, and with an alias that leads nowhere, there is nothing to explain
    ["auto", ...names].map((name) => registry.explain(name).catch(() => [])),
  );
  explained.forEach((steps, place) => {
    for (const step of steps) {
      if (step.type !== "candidate" || found.has(candidateId(step))) continue;
      const isUsual = place === 0;
      const { outcomes } = counts.read(step);
      const wasAsked = Object.values(outcomes).some((count) => count > 0);
      if (isUsual || step.state !== "well" || wasAsked) found.set(candidateId(step), { ...step, isUsual });
    }
  });
  return [...found.values()];
}

/** How a gateway is now; `problems` are those that were found as its configuration was read. */
export async function readStatus(
  registry: Registry,
  monitor: Monitor,
  problems: readonly string[],
): Promise<Status> {
  const steps = await readCandidates(registry, monitor);
  const usual = steps.filter(({ isUsual }) => isUsual);
  const first = usual.find(({ outcome }) => outcome === "asked");
  const isWell = first !== undefined && first.code === undefined && first === usual[0];
  const ends = usual.flatMap(({ until }) => until?.getTime() ?? []);
  const names = new Map(registry.providers().map(({ id, name }) => [id, name]));
  return {
    object: "status",
    state: first === undefined ? "down" : isWell ? "ok" : "limited",
    answers: first?.name,
    retry_at: first === undefined && ends.length > 0 ? new Date(Math.min(...ends)).toISOString() : undefined,
    since: monitor.since.toISOString(),
    now: new Date().toISOString(),
    running: monitor.calls.running,
    candidates: steps.map((step) => describe(step, names.get(step.provider), monitor)),
    problems: [...problems.map(configured), ...emptyProblems(registry), ...steps.flatMap(mended)],
    absent: registry.absent().map(({ provider: { id, name }, reason, page }) => ({ id, name, reason, page })),
    calls: monitor.calls.list(),
  };
}

function describe(
  step: CandidateStep & { readonly isUsual: boolean },
  name: string | undefined,
  { counts }: Monitor,
): StatusCandidate {
  const { outcomes, inputTokens, outputTokens, firstMs, lastError, minutes } = counts.read(step);
  const { provider, model, key, outcome, state, code, reason, since, until, endedBy } = step;
  return {
    id: step.name,
    name: name ?? provider,
    provider,
    model,
    key,
    outcome,
    in_auto: step.isUsual,
    state,
    code,
    reason,
    since: since?.toISOString(),
    until: until?.toISOString(),
    ended_by: endedBy,
    limits: (step.limits ?? []).map((limit) => ({ ...limit, until: limit.until?.toISOString() })),
    refused: (step.refused ?? []).map((one) => ({ ...one, until: one.until.toISOString() })),
    counts: outcomes,
    tokens: { input: inputTokens, output: outputTokens },
    first_ms: firstMs === undefined ? undefined : Math.round(firstMs),
    last_error: lastError && { ...lastError, at: lastError.at.toISOString() },
    minutes,
  };
}

function configured(what: string): StatusProblem {
  return { what, how: "Correct the configuration; it is read again as soon as it is saved." };
}

function emptyProblems(registry: Registry): readonly StatusProblem[] {
  if (registry.providers().length > 0) return [];
  const what = "No provider can be asked.";
  return [{ what, how: "Install a provider, set the key of one, or start a local server such as Ollama." }];
}

function mended(step: CandidateStep): readonly StatusProblem[] {
  const { state, code, outcome } = step;
  const how = code === undefined ? undefined : MENDING[code];
  if (how === undefined || (state !== "refused" && outcome !== "skipped")) return [];
  return [{ what: `${candidateId(step)} is not asked: ${code}.`, how }];
}
