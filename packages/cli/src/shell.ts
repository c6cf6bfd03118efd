import type { Readable, Writable } from "node:stream";

/** The process, as the commands see it. */
export interface Shell {
  /** The working directory. */
  readonly directory: string;
  /** The environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where a command reads. */
  readonly input: Readable & {
    /** Whether a person types it. */
    readonly isTTY?: boolean | undefined;
  };
  /** Whether the input is a socket: what a program gives to a command that it starts, and mostly never writes to. */
  readonly inputIsSocket?: boolean | undefined;
  /** Where a command writes its result. */
  readonly output: Terminal;
  /** For everything that is not the answer. */
  readonly notes: Terminal;
  /** Aborted by Ctrl-C and by a request to end. */
  readonly signal: AbortSignal;
  /** Has every further Ctrl-C call this instead of aborting the signal. */
  readonly takeInterrupts?: ((handler: () => void) => void) | undefined;
  /** Has this be done before the process ends. */
  readonly beforeEnd?: ((work: () => Promise<void>) => void) | undefined;
  /** Has every SIGHUP call this instead of ending the process. */
  readonly takeHangups?: ((handler: () => void) => void) | undefined;
}

/** A stream that may be a terminal. */
export interface Terminal extends Writable {
  /** Whether a person reads it. */
  readonly isTTY?: boolean | undefined;
  /** How wide it is, in columns. */
  readonly columns?: number | undefined;
  /** Whether it shows colours. */
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
