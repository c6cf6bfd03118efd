import type { Behaviour } from "./behaviour.ts";
import type { Random } from "./random.ts";

/**
 * How a service is: `well` is expected to answer, `down` is expected not to, and of an `unsteady` one nobody can
 * tell, so that it is neither praised nor blamed.
 */
export type State = "well" | "down" | "unsteady";

/** What a service is and does at one moment. */
export interface Condition {
  readonly state: State;
  /** What it does with a prompt; the same chance gives the same. */
  behave(random: Random): Behaviour;
}

/** A time in which a service is down, in milliseconds since the start. */
export interface Outage {
  readonly from: number;
  readonly to: number;
  /** In so many milliseconds after its end the service is to be asked again. */
  readonly within: number;
}

/** A simulated service that answers prompts. */
export interface Service {
  readonly id: string;
  /** The id of the provider that it is a model or an instance of. @default id */
  readonly provider: string;
  readonly model: string;
  /** Its server, where that is not the provider's own. */
  readonly origin?: string | undefined;
  /** The key that its instance has, where that matters. */
  readonly key?: string | undefined;
  /** The services of one group are a chain inside the chain. */
  readonly group?: string | undefined;
  /** Those of one tenant are a registry of their own; all registries share what is known of health. */
  readonly tenant: string;
  readonly outages: readonly Outage[];
  conditionAt(time: number): Condition;
  /** Told of every prompt that it takes. */
  take?(time: number): void;
  /** What the head of its answers says of its limits, as of the last prompt that it took. */
  headers?(): Readonly<Record<string, string>>;
  /** Until when nothing is left of its limit, by the head of the answer to the last prompt that it took. */
  fullUntil?(): number | undefined;
}

/** A condition for some time. */
export interface Period {
  /** Seconds since the start. */
  readonly from: number;
  /** Seconds since the start. @default for ever */
  readonly to?: number | undefined;
  readonly condition: Condition;
  /** In so many seconds after its end the service is to be asked again. @default by its length */
  readonly within?: number | undefined;
}

/** After a blip one first cooldown may pass, with its jitter; after anything longer a minute. */
const BLIP_SECONDS = 10;
const WITHIN_AFTER_BLIP_SECONDS = 12;
const WITHIN_SECONDS = 60;

/** Answers in about a second and a half, the first text after half a second. */
export const WELL: Condition = answering(300, 700, 1_000);

/** Answers: the first text after `quickestMs` to `slowestMs`, the end `restMs` later. */
export function answering(quickestMs: number, slowestMs: number, restMs: number): Condition {
  return {
    state: "well",
    behave(random) {
      const firstMs = Math.round(quickestMs + (slowestMs - quickestMs) * random());
      return { kind: "answer", firstMs, ms: firstMs + restMs };
    },
  };
}

/** Does this with every prompt, and is down. */
export function down(behaviour: Behaviour): Condition {
  return { state: "down", behave: () => behaviour };
}

/** Is well, but this share of prompts fails. */
export function failing(share: number, state: State, behaviour: Behaviour): Condition {
  return { state, behave: (random) => (random() < share ? behaviour : WELL.behave(random)) };
}

/** What differs from a service that is a provider of its own. */
export type ServiceFacts = Partial<
  Pick<Service, "provider" | "model" | "origin" | "key" | "group" | "tenant">
>;

/** A service that is well, but for these periods. */
export function createService(
  id: string,
  periods: readonly Period[] = [],
  facts: ServiceFacts = {},
): Service {
  return {
    id,
    provider: id,
    model: "large",
    tenant: "one",
    ...facts,
    outages: periods
      .filter(({ condition }) => condition.state === "down")
      .map(({ from, to = Number.POSITIVE_INFINITY, within = withinAfter(to - from) }) => ({
        from: 1_000 * from,
        to: 1_000 * to,
        within: 1_000 * within,
      })),
    conditionAt(time) {
      const seconds = time / 1_000;
      const period = periods.find(
        ({ from, to = Number.POSITIVE_INFINITY }) => from <= seconds && seconds < to,
      );
      return period?.condition ?? WELL;
    },
  };
}

function withinAfter(seconds: number): number {
  return seconds <= BLIP_SECONDS ? WITHIN_AFTER_BLIP_SECONDS : WITHIN_SECONDS;
}

/** What a service says of its limit: nothing, `Retry-After` when it refuses, or what is left with every answer. */
export type Candour = "silent" | "stated" | "told";

/** A service that takes so many prompts in a window of time, and refuses the others. */
export function createLimitedService(
  id: string,
  limit: { readonly prompts: number; readonly windowSeconds: number; readonly candour: Candour },
): Service {
  const windowMs = 1_000 * limit.windowSeconds;
  let window = 0;
  let taken = 0;
  let takenAt = 0;
  return {
    ...createService(id),
    conditionAt(time) {
      if (Math.floor(time / windowMs) !== window || taken < limit.prompts) return WELL;
      const retryAfterMs =
        limit.candour !== "silent" ? Math.ceil((windowMs - (time % windowMs)) / 1_000) * 1_000 : undefined;
      return down({ kind: "failure", afterMs: 50, code: "rate-limit", status: 429, retryAfterMs });
    },
    take(time) {
      const now = Math.floor(time / windowMs);
      taken = now === window ? taken + 1 : 1;
      window = now;
      takenAt = time;
    },
    fullUntil: () =>
      limit.candour === "told" && taken >= limit.prompts ? (window + 1) * windowMs : undefined,
    headers: () =>
      limit.candour === "told" ? headersOf(limit.prompts, taken, windowMs - (takenAt % windowMs)) : {},
  };
}

/** OpenAI's fields. */
function headersOf(limit: number, taken: number, resetMs: number): Readonly<Record<string, string>> {
  return {
    "x-ratelimit-limit-requests": `${limit}`,
    "x-ratelimit-remaining-requests": `${limit - taken}`,
    "x-ratelimit-reset-requests": `${Math.ceil(resetMs)}ms`,
  };
}
