import { SEMANTIC_ROWS } from "./f-semantics.ts";
import { runRows } from "./run-rows.ts";

runRows(SEMANTIC_ROWS);
