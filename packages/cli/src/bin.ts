#!/usr/bin/env node
import { fstatSync } from "node:fs";
import { describeFailure, usageError } from "./failure.ts";
import { runProgram } from "./program.ts";
import { EXIT, TERMINATED } from "./shell.ts";
import { whyUnwritten } from "./write-failure.ts";

const interruption = new AbortController();
let interrupt = (): void => {
  // the second Ctrl-C ends the process at once, should a plugin hang
  if (interruption.signal.aborted) process.exit(EXIT.interrupted);
  interruption.abort(new Error("interrupted"));
};
process.on("SIGINT", () => interrupt());
process.once("SIGTERM", () => interruption.abort(TERMINATED));

process.stderr.on("error", () => {});
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // the reader of the answer has seen enough, `| head -1` for example
  if (error.code === "EPIPE") process.exit(EXIT.answered);
  process.stderr.write(`the answer could not be written to stdout: ${whyUnwritten(error)}\n`, () =>
    process.exit(EXIT.unanswered),
  );
});

/** Another program may delete the folder that the shell is in. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    const told = "the working directory does not exist any more, expected another one: `cd` to it";
    process.stderr.write(`${told}\n`);
    if (process.argv.includes("--json")) {
      const report = { ...describeFailure(usageError(told)), route: { attempts: [] } };
      process.stdout.write(`${JSON.stringify(report)}\n`);
    }
    return process.exit(EXIT.usage);
  }
}

const code = await runProgram(process.argv.slice(2), {
  directory: workingDirectory(),
  environment: process.env,
  input: process.stdin,
  inputIsSocket: isSocket(0),
  output: process.stdout,
  notes: process.stderr,
  signal: interruption.signal,
  takeInterrupts(handler) {
    interrupt = handler;
  },
  takeHangups: (handler) => void process.on("SIGHUP", handler),
});
// idle connections and plugins with timers of their own would keep the process
process.stdout.write("", (error) => {
  // the handler above prints an error and ends the process
  if (!error) process.exit(code);
});

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}
