import type { Attempt, ChatReply } from "@fallthrough/core";
import type { Shell } from "./shell.ts";
import { LINE_MS, watchWaiting } from "./watch-waiting.ts";

/** What moves on a terminal until the answer begins. */
export interface Progress {
  /** Tells that a candidate was given up. */
  passOver(attempt: Attempt): void;
  /** Prints from time to time which server loads a model while the call waits for it. */
  watch(reply: ChatReply): void;
  /** Takes the spinner off the terminal. */
  stop(): void;
}

/** How often a terminal gets a new line. */
const TERMINAL_MS = 1_000;

/** A spinner where stderr is a terminal, else a line where a server takes long. */
export async function createProgress({ notes, environment }: Shell): Promise<Progress> {
  let leave = (): void => {};
  if (!notes.isTTY || environment["TERM"] === "dumb") {
    return {
      passOver() {},
      watch(reply) {
        leave = watchWaiting(reply, LINE_MS, (words) => notes.write(`${words}\n`));
      },
      stop: () => leave(),
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
      leave = watchWaiting(reply, TERMINAL_MS, (words) => {
        if (spinner.isSpinning) spinner.text = words;
      });
    },
    stop() {
      leave();
      spinner.stop();
    },
  };
}
