import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { SuiteCase } from "../conformance/suite-cases.ts";

/** How one case ended. */
export interface CaseOutcome {
  /** The promise. */
  readonly title: string;
  /** Why it was not looked at. */
  readonly skipped: string | undefined;
  /** Why it is broken. */
  readonly problem: string | undefined;
}

const TIMEOUT_MS = 20_000;

/** Runs the cases one after the other, whatever happens in them. */
export async function runCases(cases: readonly SuiteCase[]): Promise<readonly CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  let fail: (reason: unknown) => void = ignore;
  const onThrow = (error: unknown): void => fail(error);
  // a rejection that is left has a case of its own, and what is thrown outside of a call ends the case
  process.on("unhandledRejection", ignore).on("uncaughtException", onThrow);
  for (const { title, skipped, run } of cases) {
    const thrown = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const problem = skipped === undefined ? await problemOf(run, thrown) : undefined;
    outcomes.push({ title, skipped, problem });
  }
  // rejections are told once all that follows them has run
  await nextTurn();
  process.off("unhandledRejection", ignore).off("uncaughtException", onThrow);
  return outcomes;
}

function ignore(): void {}

async function problemOf(run: () => Promise<void>, thrown: Promise<never>): Promise<string | undefined> {
  const controller = new AbortController();
  try {
    await Promise.race([run(), thrown, late(controller.signal)]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    controller.abort();
  }
}

async function late(signal: AbortSignal): Promise<never> {
  await delay(TIMEOUT_MS, undefined, { signal });
  throw new Error(`the case did not end within ${TIMEOUT_MS} ms`);
}
