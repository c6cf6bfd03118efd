import { ConsecutiveBreaker, circuitBreaker, handleAll } from "cockatiel";
import type { Contestant } from "../engine/contestant.ts";
import { inOrder } from "./in-order.ts";

/** A breaker of the package cockatiel around each service, with the figures of its manual. */
export const cockatiel: Contestant = {
  name: "cockatiel",
  create(world) {
    const breakers = new Map(
      world.services.map(({ id }) => [
        id,
        circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
      ]),
    );
    return inOrder(world, {
      attempt: ({ id }, begin) =>
        breakers.get(id)?.execute(begin) ?? Promise.reject(new Error(`no service "${id}"`)),
    });
  },
};
