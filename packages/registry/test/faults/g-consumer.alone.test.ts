import { CONSUMER_ROWS } from "./g-consumer.ts";
import { runRows } from "./run-rows.ts";

runRows(CONSUMER_ROWS);
