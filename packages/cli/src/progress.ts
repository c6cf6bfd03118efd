import type { Attempt } from "@fallthrough/core";
import type { Shell } from "./shell.ts";

/** What moves on a terminal until the answer begins. */
export interface Progress {
  /** Tells that a candidate was given up. */
  passOver(attempt: Attempt): void;
  /** Takes the spinner off the terminal. */
  stop(): void;
}

/** A spinner where stderr is a terminal, else nothing. */
export async function createProgress({ notes }: Shell): Promise<Progress> {
  if (!notes.isTTY) return { passOver() {}, stop() {} };

  const { default: yoctoSpinner } = await import("yocto-spinner");
  // the command has its own handler, which also aborts the call
  const spinner = yoctoSpinner({ text: "asking", stream: notes, handleSignals: false }).start();
  return {
    passOver({ provider, outcome, code }) {
      // a spinner that has stopped would draw over the answer
      if (spinner.isSpinning && outcome === "failed")
        spinner.text = `${provider} failed (${code}), asking the next`;
    },
    stop() {
      spinner.stop();
    },
  };
}
