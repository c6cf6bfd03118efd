import type { Caller } from "./load.ts";
import type { Random } from "./random.ts";
import type { Service } from "./service.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Who is asked, and by whom, in one run of a scenario. */
interface Situation {
  /** In the order of preference. */
  readonly services: readonly Service[];
  readonly callers: readonly Caller[];
  /** What happens to this machine, and how many seconds after the start. */
  readonly disturbance?: { readonly at: number; happen(time: VirtualTime): void } | undefined;
}

/** A row of the table: weather and load. */
export interface Scenario {
  readonly name: string;
  /** What happens, in one sentence. */
  readonly about: string;
  /** Makes what one run needs; the same chance gives the same. */
  create(random: Random): Situation;
}
