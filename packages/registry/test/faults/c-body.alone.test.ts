import { BODY_ROWS } from "./c-body.ts";
import { runRows } from "./run-rows.ts";

runRows(BODY_ROWS);
