import { SLOW_READER_ROWS } from "./g-slow-reader.ts";
import { runRows } from "./run-rows.ts";

runRows(SLOW_READER_ROWS);
