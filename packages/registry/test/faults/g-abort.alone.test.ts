import { ABORT_ROWS } from "./g-abort.ts";
import { runRows } from "./run-rows.ts";

runRows(ABORT_ROWS);
