import type { Attempt, ChatReply } from "@fallthrough/core";
import { formatWaiting, waitingOf } from "@fallthrough/core/internal";
import type { Shell } from "./shell.ts";

/** What moves on a terminal until the answer begins. */
export interface Progress {
  /** Tells that a candidate was given up. */
  passOver(attempt: Attempt): void;
  /** Tells from time to time whom the call waits for, where that is a server that loads a model. */
  watch(reply: ChatReply): void;
  /** Takes the spinner off the terminal. */
  stop(): void;
}

/** How often a terminal is told, and how often a pipe or a file, which keep each line. */
const TERMINAL_MS = 1_000;
const LINE_MS = 10_000;

/** A spinner where stderr is a terminal, else a line where a server takes long. */
export async function createProgress({ notes }: Shell): Promise<Progress> {
  let timer: NodeJS.Timeout | undefined;
  function every(ms: number, reply: ChatReply, tell: (words: string) => void): void {
    timer = setInterval(() => {
      const waiting = waitingOf(reply.route);
      if (waiting !== undefined && performance.now() - waiting.since >= TERMINAL_MS)
        tell(formatWaiting(waiting));
    }, ms).unref();
  }
  if (!notes.isTTY) {
    return {
      passOver() {},
      watch: (reply) => every(LINE_MS, reply, (words) => notes.write(`${words}\n`)),
      stop: () => clearInterval(timer),
    };
  }

  const { default: yoctoSpinner } = await import("yocto-spinner");
  // the command has its own handler, which also aborts the call
  const spinner = yoctoSpinner({ text: "asking", stream: notes, handleSignals: false }).start();
  return {
    passOver({ provider, outcome, code }) {
      // a spinner that has stopped would draw over the answer
      if (spinner.isSpinning && outcome === "failed")
        spinner.text = `${provider} failed (${code}), asking the next`;
    },
    watch(reply) {
      every(TERMINAL_MS, reply, (words) => {
        if (spinner.isSpinning) spinner.text = words;
      });
    },
    stop() {
      clearInterval(timer);
      spinner.stop();
    },
  };
}
