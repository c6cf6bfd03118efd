import { TOOL_ROWS } from "./e-tools.ts";
import { runRows } from "./run-rows.ts";

runRows(TOOL_ROWS);
