import { test } from "vitest";
import { siteReplies } from "../../src/site-replies.ts";
import { SCHEDULES_MS, trySchedules } from "../../src/try-schedules.ts";

test(
  "however a site cuts its answer and a reader reads it, its provider tells what plain undici reads of it",
  () => trySchedules("packages/fuzz/test/properties/sites.alone.test.ts", 400, siteReplies),
  SCHEDULES_MS,
);
