import { steady } from "../engine/load.ts";
import { around } from "../engine/random.ts";
import type { Scenario } from "../engine/scenario.ts";
import { createService, down } from "../engine/service.ts";
import { BROKEN, REFUSED } from "./faults.ts";

/** Services that share something: a name, or a chain of their own. */
export const PLACES: readonly Scenario[] = [
  {
    name: "two base URLs under one id",
    about: "Two registries share what they know; the server of one is down for four minutes.",
    create(random) {
      const tenants = ["one", "two"];
      return {
        services: tenants.flatMap((tenant) => [
          createService(
            `main-${tenant}`,
            tenant === "one" ? [{ from: 60, to: 60 + around(random, 240), condition: down(BROKEN) }] : [],
            { provider: "main", tenant, origin: `https://${tenant}.example` },
          ),
          createService(`spare-${tenant}`, [], { provider: `spare-${tenant}`, tenant }),
        ]),
        callers: tenants.flatMap((tenant) =>
          steady(random, { to: 1_500, every: 6 }, { route: [`main-${tenant}`, `spare-${tenant}`] }),
        ),
      };
    },
  },
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
