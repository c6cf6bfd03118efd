import { ENCODING_ROWS } from "./d-encoding.ts";
import { runRows } from "./run-rows.ts";

runRows(ENCODING_ROWS);
