/** What a run was asked for. */
export interface Options {
  readonly all: boolean;
  readonly only: readonly string[];
  readonly rounds: number;
  readonly peers: boolean;
  readonly json: string;
}

const SHORT_ROUNDS = 5;
const ALL_ROUNDS = 10;

/** How the arguments are written. */
export const USAGE =
  "usage: npm run bench [-- [--all] [--only <suite>[,<suite>]] [--rounds <n>] [--no-peers] [--write]]";

/** The options that arguments name; @throws what is wrong with them, in one line */
export function parseOptions(args: readonly string[], suites: readonly string[]): Options {
  let all = false;
  let peers = true;
  let only: readonly string[] = [];
  let rounds: number | undefined;
  let json = "";
  for (let place = 0; place < args.length; place += 1) {
    const name = args[place];
    const value = args[place + 1] ?? "";
    if (name === "--all") all = true;
    else if (name === "--no-peers") peers = false;
    else if (name === "--only" || name === "--rounds" || name === "--json") {
      place += 1;
      if (name === "--only") only = value.split(",");
      else if (name === "--rounds") rounds = Number(value);
      else json = value;
    } else throw new Error(`unknown argument \`${name}\``);
  }
  const unknown = only.find((suite) => !suites.includes(suite));
  if (unknown !== undefined) throw new Error(`unknown suite "${unknown}"; known: ${suites.join(", ")}`);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new Error("`--rounds` takes a whole number from 1");
  }
  return { all, only, peers, json, rounds: rounds ?? (all ? ALL_ROUNDS : SHORT_ROUNDS) };
}
