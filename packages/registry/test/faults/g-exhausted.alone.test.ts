import { EXHAUSTED_ROWS } from "./g-exhausted.ts";
import { runRows } from "./run-rows.ts";

runRows(EXHAUSTED_ROWS);
