import { HTTP2_ROWS } from "./c-http2.ts";
import { runRows } from "./run-rows.ts";

runRows(HTTP2_ROWS);
