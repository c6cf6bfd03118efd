import CircuitBreaker from "opossum";
import type { Contestant } from "../engine/contestant.ts";
import { type Answer, inOrder } from "./in-order.ts";

/** A breaker of the package opossum around each service, with its defaults. */
export const opossum: Contestant = {
  name: "opossum",
  create(world) {
    const breakers = new Map(
      world.services.map(({ id }) => [
        id,
        new CircuitBreaker<[() => Promise<Answer>], Answer>((begin) => begin()),
      ]),
    );
    return inOrder(world, {
      attempt: ({ id }, begin) =>
        breakers.get(id)?.fire(begin) ?? Promise.reject(new Error(`no service "${id}"`)),
      close() {
        for (const breaker of breakers.values()) breaker.shutdown();
      },
    });
  },
};
