import { spawnSync } from "node:child_process";

/** Milliseconds from the start of a Node.js process to its end; it inherits the core of this one. */
export function timeProcess(name: string, args: readonly string[]): number {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stdout}${stderr}`);
  return performance.now() - start;
}
