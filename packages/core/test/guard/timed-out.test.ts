import { expect, test } from "vitest";
import type { TimerName } from "../../src/guard/call-timers.ts";
import { timedOut } from "../../src/guard/timed-out.ts";

test.each<[TimerName, boolean, string, string]>([
  ["firstChunkMs", true, "timeout", "sent no content within 50 ms"],
  ["chunkMs", true, "timeout", "sent nothing for 50 ms after its last content"],
  ["commitMs", true, "deadline", "sent no content before the time for all attempts was over (50 ms left)"],
  ["totalMs", true, "deadline", "did not finish within 50 ms"],
  ["totalMs", false, "deadline", "was not read to its end within 50 ms"],
])(
  "a call that %s ended, waited for: %s, is a %s that says how long it took",
  (timer, waiting, code, message) => {
    expect(timedOut(timer, 50, waiting)).toMatchObject({ code, message });
  },
);
