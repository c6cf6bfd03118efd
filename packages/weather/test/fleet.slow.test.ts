import { afterAll, beforeAll, expect, test } from "vitest";
import { describeServers, startServer, type TestServer } from "../../health-redis/test/server.ts";
import { createFleet, type Fleet } from "../src/fleet/fleet.ts";
import { fleetMissesOf, measureFleetRow } from "../src/fleet/row.ts";
import { SCENARIOS } from "../src/scenarios/index.ts";

/** One of each kind of failure. */
const NAMES = [
  "one down and back",
  "blip of 10 s",
  "silent",
  "an event, then silence",
  "one of five is slow",
  "callers in haste",
  "a limit per minute, told beforehand",
  "storms of 50",
  "half open, the first is still down",
];

describeServers("%s", (program) => {
  let server: TestServer;
  let fleet: Fleet;

  beforeAll(async () => {
    server = await startServer(program);
    fleet = await createFleet(server.port, 8);
  });
  afterAll(async () => {
    fleet.close();
    await server.stop();
  });

  test.each(NAMES)(
    "eight processes send no more prompts to who is down than one with the same callers, and decide in a millisecond: %s",
    async (name) => {
      const scenario = SCENARIOS.find((one) => one.name === name);
      if (scenario === undefined) throw new Error(`no scenario is called "${name}"`);

      const row = await measureFleetRow(scenario, 3, fleet);

      expect(row.one.given.possible).toBeGreaterThan(100);
      expect(fleetMissesOf(row)).toEqual([]);
    },
    60_000,
  );
});
