import { CONNECT_ROWS } from "./a-connect.ts";
import { runRows } from "./run-rows.ts";

runRows(CONNECT_ROWS);
