import type { Readable, Writable } from "node:stream";

/** The process, as the commands see it. */
export interface Shell {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: Readable & { readonly isTTY?: boolean | undefined };
  /** Whether the input is a socket: what a program gives to a command that it starts, and mostly never writes to. */
  readonly inputIsSocket?: boolean | undefined;
  readonly output: Terminal;
  /** For everything that is not the answer. */
  readonly notes: Terminal;
  /** Aborted by Ctrl-C and by a request to end. */
  readonly signal: AbortSignal;
  /** Has every further Ctrl-C call this instead of aborting the signal. */
  readonly takeInterrupts?: ((handler: () => void) => void) | undefined;
  /** Has every SIGHUP call this instead of ending the process. */
  readonly takeHangups?: ((handler: () => void) => void) | undefined;
}

/** A stream that may be a terminal. */
export interface Terminal extends Writable {
  readonly isTTY?: boolean | undefined;
  hasColors?(): boolean;
}

/** The exit codes of the command. */
export const EXIT = { answered: 0, unanswered: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** The reason of a signal that was aborted by SIGTERM. */
export const TERMINATED: Error = new Error("terminated");

/** The exit code of a command that was ended from outside. */
export function exitCodeOf({ reason }: AbortSignal): number {
  return reason === TERMINATED ? EXIT.terminated : EXIT.interrupted;
}
