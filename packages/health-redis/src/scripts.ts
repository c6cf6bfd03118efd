import { createHash } from "node:crypto";
import { LEDGER } from "./lua/ledger.ts";
import { RULES } from "./lua/rules.ts";
import { SILENCE_RULES } from "./lua/silence.ts";
import { VERBS, type Verb } from "./lua/verbs.ts";

/** A script, with the name that a server knows it by. */
export interface Script {
  /** Its text. */
  readonly text: string;
  /** The SHA-1 of its text. */
  readonly sha: string;
}

/** The scripts, by what they do. */
export type Scripts = Readonly<Record<Verb, Script>>;

/** Time comes from the server, so the clocks of the processes do not matter. */
const SERVER_CLOCK = `
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + time[2] / 1000
end`;

/** The scripts of all verbs; `clock` is the Lua function that tells the time. */
export function createScripts(clock: string = SERVER_CLOCK): Scripts {
  const entries = Object.entries(VERBS).map(([verb, body]) => {
    const text = `${clock}\n${RULES}\n${LEDGER}\n${SILENCE_RULES}\n${body}\n`;
    return [verb, { text, sha: createHash("sha1").update(text).digest("hex") }] as const;
  });
  return Object.fromEntries(entries) as Record<Verb, Script>;
}
