import { POLICY_ROWS } from "./b-policy.ts";
import { runRows } from "./run-rows.ts";

runRows(POLICY_ROWS);
