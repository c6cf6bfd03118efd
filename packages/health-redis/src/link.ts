import { setTimeout as sleep } from "node:timers/promises";
import type { ScriptClient } from "./clients.ts";
import type { Script } from "./scripts.ts";

/** The connection to the server, which is never in the way. */
export interface Link {
  /** Runs a script; `undefined` where the server is away, or did not answer in time. */
  run(script: Script, key: string, input: object, onLate?: (reply: unknown) => void): Promise<unknown>;
  /** Whether the server is asked at all. */
  isUp(): boolean;
  /** Why the server was not asked, or did not answer, the last time. */
  problem(): Error | undefined;
}

/** A script and the key that it is about. */
interface Question {
  readonly script: Script;
  readonly key: string;
}

/** What a link needs. */
export interface LinkOptions {
  /** Runs the scripts. */
  readonly client: ScriptClient;
  /** Nobody waits longer for an answer, in milliseconds. */
  readonly deadlineMs: number;
  /** How long the server is left alone before it is asked again whether it is there, in milliseconds. @default 1000 */
  readonly pauseMs?: number | undefined;
  /** Asks the server for something that it can only do while it is well. */
  readonly hello: Question;
  /** Told with its answer as the server is back. */
  readonly onBack: (reply: unknown) => void;
}

/** Nobody waits for the server to come back, so there is no haste. */
const PAUSE_MS = 1_000;
/** A question that has no answer after so long is given up, so that a client which keeps it for ever keeps few. */
const GIVEN_UP_MS = 10_000;
/** What speaks of one key, and not of the server. */
const OF_ONE_KEY = /\bWRONGTYPE\b/;

/** A link that goes away with the first answer that does not come, and comes back by itself. */
export function createLink({ client, deadlineMs, pauseMs = PAUSE_MS, hello, onBack }: LinkOptions): Link {
  let up = true;
  let problem: Error | undefined;

  async function send({ sha, text }: Script, key: string, input: object): Promise<unknown> {
    const args = [JSON.stringify(input)];
    try {
      return await client.evalsha(sha, [key], args);
    } catch (error) {
      if (!/NOSCRIPT/.test(messageOf(error))) throw error;
      return client.eval(text, [key], args);
    }
  }

  /** Rejects once the deadline is over; an answer that comes later is given to `onLate`. */
  function sendInTime(
    script: Script,
    key: string,
    input: object,
    onLate: (reply: unknown) => void = () => {},
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        reject(new Error(`the server did not answer within ${deadlineMs} ms`));
      }, deadlineMs);
      // a client that throws is one that fails
      Promise.resolve()
        .then(() => send(script, key, input))
        .then(
          (reply) => (late ? onLate(reply) : resolve(reply)),
          (error: unknown) => reject(new Error(messageOf(error))),
        )
        .finally(() => clearTimeout(timer));
    });
  }

  function leave(error: Error): void {
    problem = error;
    if (!up) return;
    up = false;
    void comeBack();
  }

  /** Asks now and then until the server answers in time. */
  async function comeBack(): Promise<void> {
    while (!up) {
      await sleep(pauseMs, undefined, { ref: false });
      const asked = sendInTime(hello.script, hello.key, {}, () => settle());
      let settle = (): void => {};
      const over = new Promise<void>((resolve) => {
        settle = resolve;
      });
      try {
        const reply = await asked;
        up = true;
        problem = undefined;
        onBack(reply);
      } catch (error) {
        problem = error as Error;
        // one question at a time: a client may keep all of them until it is connected again
        if (/did not answer/.test(problem.message))
          await Promise.race([over, sleep(GIVEN_UP_MS, undefined, { ref: false })]);
      }
    }
  }

  return {
    async run(script, key, input, onLate) {
      if (!up) return undefined;
      try {
        return await sendInTime(script, key, input, onLate);
      } catch (error) {
        if (OF_ONE_KEY.test(messageOf(error))) problem = error as Error;
        else leave(error as Error);
        return undefined;
      }
    },
    isUp: () => up,
    problem: () => problem,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
