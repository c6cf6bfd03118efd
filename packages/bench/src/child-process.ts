import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const TASKSET = "/usr/bin/taskset";
/** Pinning needs `taskset`, which Linux has, and a second core; what a pinned process may use would count as one. */
const CAN_PIN: boolean = existsSync(TASKSET) && cpus().length > 1;

/** The core of the clients, and the core of everything they talk to. */
export type Core = 0 | 1;

/** A program of this package in a process of its own, and the first message that it sent. */
export interface Child<Message> {
  readonly process: ChildProcess;
  readonly message: Message;
  close(): Promise<void>;
}

/** Command line that runs a program on one core, where that can be had. */
function pinned(core: Core, command: string, args: readonly string[]): [string, string[]] {
  return CAN_PIN ? [TASKSET, ["-c", String(core), command, ...args]] : [command, [...args]];
}

/** Starts a built file of this package on a core and waits for its first message. */
export async function startChild<Message>(
  file: string,
  core: Core,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<Child<Message>> {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const [execPath, execArgv] = pinned(core, process.execPath, flags);
  const child = fork(script, args, { execPath, execArgv });
  const message = await new Promise<Message>((resolve, reject) => {
    child.once("message", (first) => resolve(first as Message));
    child.once("exit", (code) => reject(new Error(`${file} ${args.join(" ")} ended with ${code}`)));
  });
  return {
    process: child,
    message,
    async close() {
      if (child.exitCode !== null) return;
      const closed = once(child, "exit");
      child.kill();
      await closed;
    },
  };
}
