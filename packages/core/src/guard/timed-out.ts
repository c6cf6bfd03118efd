import { ChatError } from "../errors/chat-error.ts";
import type { TimerName } from "./call-timers.ts";

/** The failure of a call that this timer ended, while its reader waited for the provider or was busy elsewhere. */
export function timedOut(timer: TimerName, ms: number, waiting: boolean): ChatError {
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
      return new ChatError(
        "deadline",
        `${waiting ? "did not finish" : "was not read to its end"} within ${ms} ms`,
      );
  }
}
