#!/usr/bin/env node
import { runProgram } from "./program.ts";
import { EXIT } from "./shell.ts";

const interruption = new AbortController();
// the second Ctrl-C ends the process at once, should a plugin hang
process.once("SIGINT", () => interruption.abort(new Error("interrupted")));

// the reader of the answer has seen enough, `| head -1` for example
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? EXIT.answered : EXIT.unanswered),
);
process.stderr.on("error", () => {});

const code = await runProgram(process.argv.slice(2), {
  directory: process.cwd(),
  environment: process.env,
  input: process.stdin,
  output: process.stdout,
  notes: process.stderr,
  signal: interruption.signal,
});
// idle connections and plugins with timers of their own would keep the process
process.stdout.write("", () => process.exit(code));
