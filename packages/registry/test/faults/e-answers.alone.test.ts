import { ANSWER_ROWS } from "./e-answers.ts";
import { runRows } from "./run-rows.ts";

runRows(ANSWER_ROWS);
