import type { Asker, OnText } from "../engine/contestant.ts";
import type { Service } from "../engine/service.ts";
import type { Call, World } from "../engine/world.ts";

/** What stands around each service. */
export interface Breaker {
  /** Makes the attempt and gives what it gives; rejects where it was not made, or failed. */
  attempt(service: Service, begin: () => Promise<Answer>): Promise<Answer>;
  close?(): void;
}

/** An answer whose first text has come. */
export interface Answer {
  /** Waits for the end of the answer. */
  rest(): Promise<void>;
}

/** The timers of this workspace, which the others get too. */
const FIRST_CHUNK_MS = 30_000;
const CHUNK_MS = 60_000;

/** Tries the services of each call in order, behind this breaker, until one has sent text. */
export function inOrder(world: World, breaker: Breaker): Asker {
  return {
    async ask(call, onText) {
      for (const id of call.route) {
        const service = world.serviceOf(id);
        const answer = await breaker
          .attempt(service, () => begin(world, service, call, onText))
          .catch(() => undefined);
        if (call.signal.aborted) break;
        if (answer === undefined) continue;
        await answer.rest();
        return id;
      }
      throw new Error("no service answered");
    },
    close: () => breaker.close?.(),
  };
}

async function begin(world: World, service: Service, call: Call, onText: OnText): Promise<Answer> {
  const silence = new AbortController();
  const signal = AbortSignal.any([call.signal, silence.signal]);
  const pieces = world.ask(service, call, signal);

  /** Gives whether there was another text. */
  async function read(ms: number): Promise<boolean> {
    const timer = setTimeout(() => silence.abort(new Error("the service is silent")), ms);
    try {
      let piece = await pieces.next();
      while (piece.value === "event") piece = await pieces.next();
      return !piece.done;
    } finally {
      clearTimeout(timer);
    }
  }

  if (!(await read(FIRST_CHUNK_MS))) throw new Error("the answer is empty");
  onText();
  return {
    async rest() {
      while (await read(CHUNK_MS));
    },
  };
}
