import { createHash } from "node:crypto";
import type { ScriptClient } from "@fallthrough/health-redis";

/** A client of a real server, whose scripts read the time of the simulation. */
export interface SimulatedClient extends ScriptClient {
  /** Whether a script is under way. */
  isBusy(): boolean;
}

/** The same script, where `TIME` answers with the last two arguments. */
const CLOCK = `
local server = redis
local redis = setmetatable({
  call = function(command, ...)
    if command == 'TIME' then return { ARGV[#ARGV - 1], ARGV[#ARGV] } end
    return server.call(command, ...)
  end,
}, { __index = server })
`;

/** What the clock of the server is ahead of the simulation: that they differ must not matter. */
const AHEAD_MS = 1_800_000_000_000;

/** Has this client's scripts run at the time of the simulation, of which each script takes a microsecond. */
export function withSimulatedClock(client: ScriptClient): SimulatedClient {
  /** The SHA-1 of each script as it was given, and as the server knows it. */
  const known = new Map<string, string>();
  let underWay = 0;
  let scripts = 0;

  async function timed(run: (args: readonly string[]) => Promise<unknown>): Promise<unknown> {
    const micros = Math.round(1_000 * (AHEAD_MS + performance.now())) + (scripts++ % 1_000);
    underWay += 1;
    try {
      return await run([String(Math.floor(micros / 1_000_000)), String(micros % 1_000_000)]);
    } finally {
      underWay -= 1;
    }
  }

  return {
    evalsha: (sha, keys, args) =>
      timed((clock) => client.evalsha(known.get(sha) ?? sha, keys, [...args, ...clock])),
    eval(script, keys, args) {
      const own = `${CLOCK}${script}`;
      known.set(shaOf(script), shaOf(own));
      return timed((clock) => client.eval(own, keys, [...args, ...clock]));
    },
    isBusy: () => underWay > 0,
  };
}

function shaOf(script: string): string {
  return createHash("sha1").update(script).digest("hex");
}
