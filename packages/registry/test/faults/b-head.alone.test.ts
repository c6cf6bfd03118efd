import { HEAD_ROWS } from "./b-head.ts";
import { runRows } from "./run-rows.ts";

runRows(HEAD_ROWS);
