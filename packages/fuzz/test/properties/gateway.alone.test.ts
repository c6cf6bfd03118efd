import { test } from "vitest";
import { gatewayCalls } from "../../src/gateway-calls.ts";
import { SCHEDULES_MS, trySchedules } from "../../src/try-schedules.ts";

test(
  "however a server cuts its answer and a client takes it, the gateway in between tells what plain undici reads of it",
  () => trySchedules("packages/fuzz/test/properties/gateway.alone.test.ts", 400, gatewayCalls),
  SCHEDULES_MS,
);
