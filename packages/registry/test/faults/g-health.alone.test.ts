import { HEALTH_ROWS } from "./g-health.ts";
import { runRows } from "./run-rows.ts";

runRows(HEALTH_ROWS);
