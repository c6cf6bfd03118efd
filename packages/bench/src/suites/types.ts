import { fileURLToPath } from "node:url";
import type { Suite } from "../bench.ts";
import { figuresOf } from "../figure.ts";
import { timeProcess } from "../time-process.ts";
import { type Entrant, takeTurns } from "../turns.ts";

const BARE = "TypeScript and Node's types alone";
const FULL = "a program of 100 lines";
/** What `tsc --init` sets, and every declaration is checked as well. */
const COMPILER =
  "--noEmit --strict --skipLibCheck false --module nodenext --target es2022 --lib es2023,esnext.disposable --types node";
const PROGRAMS: Readonly<Record<string, string>> = { [BARE]: "bare.ts", [FULL]: "application.ts" };
const TSC = fileURLToPath(import.meta.resolve("typescript/bin/tsc"));

/** What TypeScript takes to check an application, declarations of ours included. */
export const typesSuite: Suite = {
  name: "types",
  short: true,
  async run({ rounds }) {
    const entrants = Object.entries(PROGRAMS).map(([name, file]): Entrant => {
      const program = fileURLToPath(new URL(`../programs/${file}`, import.meta.url));
      return {
        name,
        // a process is always cold
        warmUp: async () => {},
        turn: async () => ({ check: timeProcess(name, [TSC, ...COMPILER.split(" "), program]) }),
      };
    });
    const samples = await takeTurns(entrants, rounds, 0);
    const place = { suite: "types", variant: "declarations checked", base: BARE };
    return figuresOf(place, [{ name: "check", unit: "ms", relation: "ratio" }], samples);
  },
};
