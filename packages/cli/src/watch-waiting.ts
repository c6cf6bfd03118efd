import type { ChatReply } from "@fallthrough/core";
import { formatWaiting, waitingOf } from "@fallthrough/core/internal";

/** Somebody who has waited for less is told nothing. */
const LEAST_MS = 1_000;
/** How often a pipe or a file is told, which keep each line. */
export const LINE_MS = 10_000;

/** Tells from time to time whom a call waits for, where that is a server that loads a model; what it gives ends that. */
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
