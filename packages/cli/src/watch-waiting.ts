import type { ChatReply } from "@fallthrough/core";
import { formatWaiting, waitingOf } from "@fallthrough/core/internal";

/** A shorter wait prints nothing. */
const LEAST_MS = 1_000;
/** How often a pipe or a file gets a line, which they keep. */
export const LINE_MS = 10_000;

/** Prints from time to time which server loads a model while a call waits for it; the returned function ends that. */
export function watchWaiting(
  { route }: Pick<ChatReply, "route">,
  everyMs: number,
  tell: (words: string) => void,
): () => void {
  const timer = setInterval(() => {
    const waiting = waitingOf(route);
    if (waiting !== undefined && performance.now() - waiting.since >= LEAST_MS) tell(formatWaiting(waiting));
  }, everyMs).unref();
  return () => clearInterval(timer);
}
