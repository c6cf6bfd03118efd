import type { CandidateStep, Registry } from "@fallthrough/registry";
import { type Caller, checkWhole } from "./access.ts";
import { Refusal } from "./refusal.ts";

/** What is remembered of one candidate. */
interface CandidateHealth {
  /** `provider/model`, or the provider alone where no model is named. */
  readonly id: string;
  readonly object: "health";
  readonly state: CandidateStep["state"];
  /** The failure behind the state. */
  readonly code?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly ended_by?: string | undefined;
}

/** What is remembered of each candidate of `auto`, and of every other model that is not well. */
export async function listHealth(registry: Registry, caller: Caller): Promise<readonly CandidateHealth[]> {
  checkWhole(caller);
  const names = registry.models().map(({ provider, model }) => `${provider}/${model.id}`);
  const [usual = [], ...others] = await Promise.all(["auto", ...names].map((name) => registry.explain(name)));
  const found = new Map<string, CandidateStep>();
  for (const step of usual) if (step.type === "candidate") found.set(step.name, step);
  for (const step of others.flat()) {
    if (step.type === "candidate" && step.state !== "well") found.set(step.name, step);
  }
  return [...found.values()].map(describe);
}

/** Forgets the failures of one provider, or of all. */
export async function resetHealth(
  registry: Registry,
  caller: Caller,
  provider: string | null,
): Promise<void> {
  checkWhole(caller);
  const known = registry.providers().map(({ id }) => id);
  if (provider !== null && !known.includes(provider)) {
    const all = known.join(", ");
    throw new Refusal(404, `no provider has this id, expected one of ${all}`, { param: "provider" });
  }
  await registry.resetHealth(provider ?? undefined);
}

function describe({ name, state, code, since, until, endedBy }: CandidateStep): CandidateHealth {
  return {
    id: name,
    object: "health",
    state,
    ...(state === "well" ? {} : { code }),
    since: since?.toISOString(),
    until: until?.toISOString(),
    ended_by: endedBy,
  };
}
