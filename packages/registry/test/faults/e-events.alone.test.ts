import { EVENT_ROWS } from "./e-events.ts";
import { runRows } from "./run-rows.ts";

runRows(EVENT_ROWS);
