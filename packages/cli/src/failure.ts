import { ChatError, type PartialReply, type Route } from "@fallthrough/core";
import type { Output } from "./output.ts";
import { formatRoute } from "./route.ts";
import { EXIT } from "./shell.ts";

/** A failure, as `--json` prints it. */
export interface FailureReport {
  /** What happened. */
  readonly error: {
    /** The code of the error. */
    readonly code: string;
    /** The message of the error. */
    readonly message: string;
    /** What to do. */
    readonly fix?: string | undefined;
    /** The page that explains it. */
    readonly help?: string | undefined;
    /** ISO time from which asking again has a chance. */
    readonly retryAt?: string | undefined;
  };
  /** What had arrived. */
  readonly partial?: PartialReply | undefined;
}

/** The error of a command line or configuration that cannot be followed. */
export function usageError(message: string, fix?: string): ChatError {
  return new ChatError("config", message, { fix });
}

/** What `--json` prints of a failure. */
export function describeFailure(error: unknown): FailureReport {
  const { message, code, errors, retryAt, partial } = Object(error) as Partial<ChatError> & {
    readonly retryAt?: Date | undefined;
    readonly errors?: readonly ChatError[] | undefined;
  };
  // where everybody failed, the last one says what to do
  const { fix, help } = (errors?.at(-1) ?? Object(error)) as Partial<ChatError>;
  return {
    error: {
      code: code ?? "exhausted",
      message: message ?? String(error),
      fix,
      help,
      retryAt: retryAt?.toISOString(),
    },
    partial,
  };
}

/** Tells a failure of the call, and who was asked. */
export function noteFailure(output: Output, error: unknown, route: Route): void {
  noteError(output, error);
  for (const line of formatRoute(route)) output.note(...line);
}

/** Tells a failure that came before any call, and gives the exit code. */
export function reportFailure(output: Output, error: unknown, json: boolean | undefined): number {
  const report = describeFailure(error);
  if (json) output.json({ ...report, route: { attempts: [] } });
  noteError(output, error);
  return error instanceof ChatError && error.code === "config" ? EXIT.usage : EXIT.unanswered;
}

/** Tells what happened, what to do about it, and where more is to be read. */
export function noteError(output: Output, error: unknown): void {
  const { message, fix, help } = describeFailure(error).error;
  output.note({ text: message, style: "red" });
  // the message of a chain has what to do for each
  if (fix !== undefined && error instanceof ChatError) output.note({ text: `fix: ${fix}`, style: "bold" });
  if (help !== undefined) output.note({ text: `help: ${help}`, style: "dim" });
}
