import { type Piece, perform } from "./behaviour.ts";
import { createRandom, seedOf } from "./random.ts";
import type { Service, State } from "./service.ts";

/** A prompt that a service was sent. */
export interface Prompt {
  readonly service: string;
  /** The number of the call. */
  readonly call: number;
  readonly at: number;
  readonly state: State;
  /** Another service of this call was well. */
  readonly needless: boolean;
  /** A head had come before that named a later time, or said that nothing is left until then. */
  readonly told: boolean;
  /** When the only text of an answer comes that stops after it. */
  readonly textAt?: number | undefined;
  /** When it was over, however it ended. */
  endedAt?: number | undefined;
}

/** One call, as those see it who are to answer it. */
export interface Call {
  readonly number: number;
  readonly route: readonly string[];
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/** The simulated services of one run. */
export interface World {
  readonly services: readonly Service[];
  /** Every list of services that some caller asks, in his order. */
  readonly routes: readonly (readonly string[])[];
  serviceOf(id: string): Service;
  readonly prompts: readonly Prompt[];
  /** Sends a prompt of this call. */
  ask(service: Service, call: Call, signal: AbortSignal): AsyncGenerator<Piece, void>;
  /** What this service would do now with the first prompt of a call. */
  foresee(service: Service, call: number): { readonly state: State; readonly firstMs: number | undefined };
}

/** A world whose chance depends on who is asked and for which call, and on nothing else. */
export function createWorld(
  { seed, services, routes }: Pick<World, "services" | "routes"> & { readonly seed: number },
  now: () => number,
): World {
  const prompts: Prompt[] = [];
  const byId = new Map(services.map((service) => [service.id, service]));
  const asked = new Map<string, number>();
  const toldUntil = new Map<string, number>();

  function serviceOf(id: string): Service {
    const service = byId.get(id);
    if (service === undefined) throw new Error(`the scenario has no service "${id}"`);
    return service;
  }

  return {
    services,
    routes,
    prompts,
    serviceOf,
    ask(service, call, signal) {
      const at = now();
      const condition = service.conditionAt(at);
      const needless = call.route.some(
        (id) => id !== service.id && serviceOf(id).conditionAt(at).state === "well",
      );
      const which = `${service.id} ${call.number}`;
      const time = asked.get(which) ?? 0;
      asked.set(which, time + 1);
      const behaviour = condition.behave(createRandom(seedOf(seed, service.id, call.number, time)));
      const textAt = behaviour.kind === "stop" ? at + behaviour.firstMs : undefined;
      const prompt: Prompt = {
        service: service.id,
        call: call.number,
        at,
        state: condition.state,
        needless,
        told: at < (toldUntil.get(service.id) ?? 0),
        textAt,
      };
      prompts.push(prompt);
      if (condition.state === "well") service.take?.(at);
      return perform(behaviour, signal, {
        onHead() {
          const wait = behaviour.kind === "failure" ? behaviour.retryAfterMs : undefined;
          const until = wait === undefined ? service.fullUntil?.() : now() + wait;
          if (until !== undefined) toldUntil.set(service.id, until);
        },
        onEnd() {
          prompt.endedAt = now();
        },
      });
    },
    foresee(service, call) {
      const { state, behave } = service.conditionAt(now());
      const behaviour = behave(createRandom(seedOf(seed, service.id, call, 0)));
      return { state, firstMs: behaviour.kind === "answer" ? behaviour.firstMs : undefined };
    },
  };
}
