import { ChatError } from "../errors/chat-error.ts";
import type { TimerName } from "./call-timers.ts";

/** The failure of a call that this timer ended. */
export function timedOut(timer: TimerName, ms: number): ChatError {
  switch (timer) {
    case "firstChunkMs":
      return new ChatError("timeout", `sent no content within ${ms} ms`);
    case "chunkMs":
      return new ChatError("timeout", `sent nothing for ${ms} ms after its last content`);
    case "commitMs":
      return new ChatError(
        "deadline",
        `sent no content before the time for all attempts was over (${ms} ms left)`,
      );
    case "totalMs":
      return new ChatError("deadline", `did not finish within ${ms} ms`);
  }
}
