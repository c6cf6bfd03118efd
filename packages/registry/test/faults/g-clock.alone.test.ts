import { CLOCK_ROWS } from "./g-clock.ts";
import { runRows } from "./run-rows.ts";

runRows(CLOCK_ROWS);
