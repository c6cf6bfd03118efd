import { setTimeout as delay } from "node:timers/promises";

/** Resolves when the condition holds; the time limit of the test is its limit too. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}
