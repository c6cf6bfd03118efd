import { SOAK_ROWS } from "./g-soak.ts";
import { runRows } from "./run-rows.ts";

runRows(SOAK_ROWS, 80_000);
