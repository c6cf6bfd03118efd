import { usageError } from "./failure.ts";

/** Why something could not be written, as a person says it. */
export function whyUnwritten({ code, message }: NodeJS.ErrnoException): string {
  return code === "ENOSPC" ? "no space is left on the disk" : message;
}

/** The error of a file that cannot be written; a full disk is no fault of the command line. */
export function unwritten(file: string, error: unknown): Error {
  const cause = error as NodeJS.ErrnoException;
  const told = `${file} could not be written: ${whyUnwritten(cause)}`;
  return cause.code === "ENOSPC" ? new Error(told, { cause }) : usageError(told);
}
