import type { Chain } from "../chain.ts";
import { STALL_MS } from "../clients/fallback.ts";
import { createFloorMin } from "./min.ts";

/** Two floor-min calls: the next server is asked when one fails before its first text. */
export function createFloorChain(baseURLs: readonly string[], stalls: boolean): Chain {
  const floors = baseURLs.map((baseURL) => createFloorMin(baseURL));
  async function* ask(): AsyncGenerator<string> {
    for (const [place, floor] of floors.entries()) {
      try {
        yield* stalls && place === 0 ? silence() : floor.stream();
        return;
      } catch {
        // the next one
      }
    }
    throw new Error("no server answered");
  }
  return {
    prepare: () => ask,
    async close() {
      await Promise.all(floors.map((floor) => floor.close?.()));
    },
  };
}

/** What a floor would see of a server that never answers: its own timer. */
function silence(): AsyncIterable<string> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise((_, reject) => setTimeout(reject, STALL_MS, new Error("silent"))),
    }),
  };
}
