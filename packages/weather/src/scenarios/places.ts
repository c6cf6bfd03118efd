import { steady } from "../engine/load.ts";
import { around } from "../engine/random.ts";
import type { Scenario } from "../engine/scenario.ts";
import { type Condition, createService, down, type ServiceFacts } from "../engine/service.ts";
import { BROKEN, KEY_REFUSED, REFUSED, WITHIN_AFTER_REFUSAL_SECONDS } from "./faults.ts";

/** Two registries ask providers of one id; what one of them meets is not the other's. */
function shared(
  name: string,
  about: string,
  condition: Condition,
  factsOf: (tenant: string) => ServiceFacts,
  within?: number,
): Scenario {
  return {
    name,
    about,
    create(random) {
      const tenants = ["one", "two"];
      const period = { from: 60, to: 60 + around(random, 240), within, condition };
      return {
        services: tenants.flatMap((tenant) => [
          createService(`main-${tenant}`, tenant === "one" ? [period] : [], {
            provider: "main",
            tenant,
            ...factsOf(tenant),
          }),
          createService(`spare-${tenant}`, [], { provider: `spare-${tenant}`, tenant }),
        ]),
        callers: tenants.flatMap((tenant) =>
          steady(random, { to: 1_500, every: 6 }, { route: [`main-${tenant}`, `spare-${tenant}`] }),
        ),
      };
    },
  };
}

/** Services that share something: a name, or a chain of their own. */
export const PLACES: readonly Scenario[] = [
  shared(
    "two base URLs under one id",
    "Two registries share what they know; the server of one is down for four minutes.",
    down(BROKEN),
    (tenant) => ({ origin: `https://${tenant}.example` }),
  ),
  shared(
    "two keys under one id",
    "Two registries share what they know; the key of one is refused for four minutes.",
    down(KEY_REFUSED),
    (tenant) => ({ key: `key of ${tenant}` }),
    WITHIN_AFTER_REFUSAL_SECONDS,
  ),
  {
    name: "a chain of two inside a chain",
    about: "Both services of the inner chain are down for two minutes; the outer one has another.",
    create: (random) => ({
      services: [
        ...["first", "second"].map((id) =>
          createService(id, [{ from: 60, to: 60 + around(random, 120), condition: down(REFUSED) }], {
            group: "inner",
          }),
        ),
        createService("third"),
      ],
      callers: steady(random, { to: 1_260, every: 3 }),
    }),
  },
  {
    name: "a chain of one inside a chain",
    about: "The only service of the inner chain is down for two minutes; the outer one has another.",
    create: (random) => ({
      services: [
        createService("first", [{ from: 60, to: 60 + around(random, 120), condition: down(BROKEN) }], {
          group: "inner",
        }),
        createService("second"),
      ],
      callers: steady(random, { to: 1_260, every: 3 }),
    }),
  },
];
