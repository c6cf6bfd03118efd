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
    /** ISO time from which asking again has a chance. */
    readonly retryAt?: string | undefined;
  };
  /** What had arrived. */
  readonly partial?: PartialReply | undefined;
}

/** The error of a command line or configuration that cannot be followed. */
export function usageError(message: string): ChatError {
  return new ChatError("config", message);
}

/** What `--json` prints of a failure. */
export function describeFailure(error: unknown): FailureReport {
  const { message, code, retryAt, partial } = error as Partial<ChatError> & {
    readonly retryAt?: Date | undefined;
  };
  return {
    error: {
      code: code ?? "exhausted",
      message: message ?? String(error),
      retryAt: retryAt?.toISOString(),
    },
    partial,
  };
}

/** Tells a failure of the call, and who was asked. */
export function noteFailure(output: Output, error: unknown, route: Route): void {
  const { message } = describeFailure(error).error;
  output.note({ text: message, style: "red" });
  for (const line of formatRoute(route)) output.note(...line);
}

/** Tells a failure that came before any call, and gives the exit code. */
export function reportFailure(output: Output, error: unknown, json: boolean | undefined): number {
  const report = describeFailure(error);
  if (json) output.json({ ...report, route: { attempts: [] } });
  output.note({ text: report.error.message, style: "red" });
  return error instanceof ChatError && error.code === "config" ? EXIT.usage : EXIT.unanswered;
}
