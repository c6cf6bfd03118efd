#!/usr/bin/env node
import { fstatSync } from "node:fs";
import { runProgram } from "./program.ts";
import { EXIT, TERMINATED } from "./shell.ts";

const interruption = new AbortController();
let interrupt = (): void => {
  // the second Ctrl-C ends the process at once, should a plugin hang
  if (interruption.signal.aborted) process.exit(EXIT.interrupted);
  interruption.abort(new Error("interrupted"));
};
process.on("SIGINT", () => interrupt());
process.once("SIGTERM", () => interruption.abort(TERMINATED));

// the reader of the answer has seen enough, `| head -1` for example
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? EXIT.answered : EXIT.unanswered),
);
process.stderr.on("error", () => {});

const code = await runProgram(process.argv.slice(2), {
  directory: process.cwd(),
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
process.stdout.write("", () => process.exit(code));

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}
