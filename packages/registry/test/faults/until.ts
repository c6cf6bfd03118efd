import { setTimeout as delay } from "node:timers/promises";

/** Looks again and again until this holds; the time limit is the test's. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(2);
}
