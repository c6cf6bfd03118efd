import { PLUGIN_ROWS } from "./g-plugin.ts";
import { runRows } from "./run-rows.ts";

runRows(PLUGIN_ROWS);
