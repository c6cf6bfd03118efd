import type { Contestant } from "../engine/contestant.ts";
import { inOrder } from "./in-order.ts";

/** Tries everybody in order, each time anew. */
export const noMemory: Contestant = {
  name: "no memory",
  create: (world) => inOrder(world, { attempt: (_, begin) => begin() }),
};
