import type { Client } from "../client.ts";
import { checkText, readStream } from "../read.ts";
import { median } from "../statistics.ts";
import type { Entrant } from "../turns.ts";

/** What an entrant measures: milliseconds to the first text. */
export const FIRST_TEXT = "first text, p50";
const CALLS = 200;
const WARM_UP_CALLS = 20;

/** Makes some calls in each turn, one after another, and measures the time to the first text. */
export function firstTextEntrant(name: string, client: Client, expected: string): Entrant {
  async function call(): Promise<number> {
    const start = performance.now();
    const { text, firstAt } = await readStream(client);
    checkText(name, text, expected);
    return firstAt - start;
  }
  return {
    name,
    async warmUp() {
      for (let made = 0; made < WARM_UP_CALLS; made += 1) await call();
    },
    async turn() {
      const times: number[] = [];
      for (let made = 0; made < CALLS; made += 1) times.push(await call());
      return { [FIRST_TEXT]: median(times) };
    },
  };
}
