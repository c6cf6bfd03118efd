import type { Contestant } from "../engine/contestant.ts";
import { inOrder } from "./in-order.ts";

const COOLDOWN_MS = 60_000;

/** Leaves out whoever has failed, for 60 s, as LiteLLM's router does it; where all are left out the call fails. */
export const fixedCooldown: Contestant = {
  name: "cooldown of 60 s",
  create(world) {
    const until = new Map<string, number>();
    return inOrder(world, {
      async attempt({ id }, begin) {
        if (performance.now() < (until.get(id) ?? 0)) throw new Error("the service cools down");
        try {
          return await begin();
        } catch (error) {
          until.set(id, performance.now() + COOLDOWN_MS);
          throw error;
        }
      },
    });
  },
};
