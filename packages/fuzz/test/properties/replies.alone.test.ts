import { test } from "vitest";
import { replies } from "../../src/replies.ts";
import { SCHEDULES_MS, trySchedules } from "../../src/try-schedules.ts";

test(
  "however a server cuts an answer and a reader reads it, a reply tells what plain undici reads of it",
  () => trySchedules("packages/fuzz/test/properties/replies.alone.test.ts", 1_200, replies),
  SCHEDULES_MS,
);
