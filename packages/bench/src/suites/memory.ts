import type { Suite } from "../bench.ts";
import { startChild } from "../child-process.ts";
import { BASE } from "../contestants.ts";
import { figuresOf } from "../figure.ts";
import { type Entrant, takeTurns } from "../turns.ts";

const ANSWER = { kind: "openai", events: 20_000 } as const;
const CLIENTS = [BASE, "floor-min again", "registry, 3 candidates"];
const MORE_CLIENTS = ["floor-fast", "provider, chat()"];
const KIB_PER_MIB = 1024;

/** The most memory that a fresh process holds which reads one long stream. */
export const memorySuite: Suite = {
  name: "memory",
  short: true,
  async run({ upstream, rounds, all, peers }) {
    const [origin] = upstream.origins;
    const entrants = [...CLIENTS, ...(all ? [...MORE_CLIENTS, ...peers.map(({ name }) => name)] : [])].map(
      (name): Entrant => {
        return {
          name,
          // a process is always cold
          warmUp: async () => {},
          async turn() {
            const args = [name, origin, JSON.stringify(ANSWER)];
            const child = await startChild<number>("./children/memory.js", 0, args);
            await child.close();
            return { "peak memory": child.message / KIB_PER_MIB };
          },
        };
      },
    );
    const samples = await takeTurns(entrants, rounds, 0);
    const place = { suite: "memory", variant: "20,000 events", base: BASE };
    return figuresOf(place, [{ name: "peak memory", unit: "MiB", relation: "ratio" }], samples);
  },
};
