import type { Contestant } from "./contestant.ts";
import type { Caller } from "./load.ts";
import { createRandom, seedOf } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import type { Outage } from "./service.ts";
import { inVirtualTime } from "./virtual-time.ts";
import { createWorld, type Prompt, type World } from "./world.ts";

/** What the oracle knew of a call as it came. */
interface Foresight {
  /** The first choice of the caller. */
  readonly first: string;
  /** The first choice is well. */
  readonly firstIsWell: boolean;
  /** The best service that would have answered him, if any. */
  readonly best: string | undefined;
  /** How long its first text would have taken. */
  readonly bestMs: number;
}

/** One call and what came of it; times are milliseconds since the start. */
export interface CallLog extends Foresight {
  readonly number: number;
  readonly at: number;
  textAt?: number | undefined;
  /** Who gave the whole answer, if anybody. */
  by?: string | undefined;
  endedAt?: number | undefined;
}

/** What happened in one run. */
export interface RunLog {
  readonly seed: number;
  readonly calls: readonly CallLog[];
  readonly prompts: readonly Prompt[];
  readonly outages: ReadonlyMap<string, readonly Outage[]>;
  /** CPU time of the process, in microseconds. */
  readonly cpu: number;
}

/** An answer whose first text would take longer than any caller of the table waits is none. */
const LONGEST_WAIT_MS = 30_000;

/** Runs one scenario with one seed for one contestant. */
export async function run(scenario: Scenario, contestant: Contestant, seed: number): Promise<RunLog> {
  const random = createRandom(seedOf(scenario.name, seed));
  const { services, callers, disturbance } = scenario.create(random);

  return inVirtualTime(createRandom(seedOf("chance", scenario.name, seed)), async (time) => {
    const start = time.now();
    const all = services.map(({ id }) => id);
    const routes = distinct(callers.map(({ route = all }) => route));
    const world = createWorld({ seed, services, routes }, () => time.now() - start);
    const asker = contestant.create(world);
    const calls: CallLog[] = [];
    let ended = 0;
    if (disturbance !== undefined) {
      time.at(start + 1_000 * disturbance.at, () => disturbance.happen(time));
    }
    for (const [number, caller] of callers.entries()) {
      time.at(start + caller.at, () => {
        const signal = leaveAfter(caller);
        const { route = all } = caller;
        const log: CallLog = { number, at: time.now() - start, ...foresee(world, number, route, caller) };
        calls.push(log);
        const onText = (): void => {
          log.textAt ??= time.now() - start;
          signal.stay();
        };
        void asker
          .ask({ number, route, signal: signal.signal }, onText)
          .then(
            (by) => {
              log.by = by;
            },
            () => {},
          )
          .finally(() => {
            signal.stay();
            log.endedAt = time.now() - start;
            ended += 1;
          });
      });
    }
    const before = process.cpuUsage();
    await time.runUntil(
      () => ended === callers.length,
      () => asker.isBusy?.() === true,
    );
    const { user, system } = process.cpuUsage(before);
    await asker.close();
    const outages = new Map(services.map(({ id, outages: list }) => [id, list]));
    return { seed, calls, prompts: world.prompts, outages, cpu: user + system };
  });
}

/** A signal that aborts once the caller's patience is over, unless he stays. */
function leaveAfter({ patienceMs }: Caller): { readonly signal: AbortSignal; stay(): void } {
  const controller = new AbortController();
  if (patienceMs === undefined) return { signal: controller.signal, stay() {} };
  const timer = setTimeout(() => controller.abort(new Error("the caller has left")), patienceMs);
  return { signal: controller.signal, stay: () => clearTimeout(timer) };
}

function foresee(world: World, call: number, route: readonly string[], caller: Caller): Foresight {
  const { patienceMs = LONGEST_WAIT_MS } = caller;
  const known = route.map((id) => ({ id, ...world.foresee(world.serviceOf(id), call) }));
  const best = known.find(({ firstMs }) => firstMs !== undefined && firstMs < patienceMs);
  return {
    first: route[0] ?? "",
    firstIsWell: known[0]?.state === "well",
    best: best?.id,
    bestMs: best?.firstMs ?? 0,
  };
}

function distinct(routes: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(routes.map((route) => [route.join(" "), route])).values()];
}
