import { CONNECT_ROWS } from "./a-connect.ts";
import { PROXY_ROWS } from "./a-proxy.ts";
import { HEAD_ROWS } from "./b-head.ts";
import { POLICY_ROWS } from "./b-policy.ts";
import { BODY_ROWS } from "./c-body.ts";
import { HTTP2_ROWS } from "./c-http2.ts";
import { ENCODING_ROWS } from "./d-encoding.ts";
import { ANSWER_ROWS } from "./e-answers.ts";
import { EVENT_ROWS } from "./e-events.ts";
import { TOOL_ROWS } from "./e-tools.ts";
import { SEMANTIC_ROWS } from "./f-semantics.ts";
import { ABORT_ROWS } from "./g-abort.ts";
import { CLOCK_ROWS } from "./g-clock.ts";
import { CONSUMER_ROWS } from "./g-consumer.ts";
import { EXHAUSTED_ROWS } from "./g-exhausted.ts";
import { HEALTH_ROWS } from "./g-health.ts";
import { PLUGIN_ROWS } from "./g-plugin.ts";
import { SLOW_READER_ROWS } from "./g-slow-reader.ts";
import { SOAK_ROWS } from "./g-soak.ts";
import type { FaultRow } from "./row.ts";

/** Every row of the matrix, in its order. */
export const ALL_ROWS: readonly FaultRow[] = [
  ...CONNECT_ROWS,
  ...PROXY_ROWS,
  ...HEAD_ROWS,
  ...POLICY_ROWS,
  ...BODY_ROWS,
  ...HTTP2_ROWS,
  ...ENCODING_ROWS,
  ...ANSWER_ROWS,
  ...EVENT_ROWS,
  ...TOOL_ROWS,
  ...SEMANTIC_ROWS,
  ...ABORT_ROWS,
  ...CLOCK_ROWS,
  ...CONSUMER_ROWS,
  ...SLOW_READER_ROWS,
  ...EXHAUSTED_ROWS,
  ...HEALTH_ROWS,
  ...PLUGIN_ROWS,
  ...SOAK_ROWS,
].toSorted((a, b) => a.row - b.row);
