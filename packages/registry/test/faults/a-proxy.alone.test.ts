import { PROXY_ROWS } from "./a-proxy.ts";
import { runRows } from "./run-rows.ts";

runRows(PROXY_ROWS);
