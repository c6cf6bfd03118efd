import type { Bench } from "./bench.ts";
import { startChild } from "./child-process.ts";
import type { Figure } from "./figure.ts";

/** What the process of a suite is told. */
export interface SuiteRun extends Omit<Bench, "peers" | "peerChains"> {
  readonly name: string;
  /** Lets the other clients take part, as far as they are installed. */
  readonly peers: boolean;
}

/** Runs a suite in a process of its own: what others compiled and left in memory would slow its clients unevenly. */
export async function runSuite(run: SuiteRun): Promise<readonly Figure[]> {
  const child = await startChild<readonly Figure[]>("./children/suite.js", 0, [JSON.stringify(run)]);
  await child.close();
  return child.message;
}
