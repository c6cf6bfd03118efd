import type { Scenario } from "../engine/scenario.ts";
import { CALLERS } from "./callers.ts";
import { LIMITS } from "./limits.ts";
import { MACHINE } from "./machine.ts";
import { OUTAGES } from "./outages.ts";
import { PLACES } from "./places.ts";
import { QUALITY } from "./quality.ts";

/** All rows of the table. */
export const SCENARIOS: readonly Scenario[] = [
  ...OUTAGES,
  ...QUALITY,
  ...LIMITS,
  ...CALLERS,
  ...PLACES,
  ...MACHINE,
];
