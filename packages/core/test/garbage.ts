import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const MiB = 1024 * 1024;

/** 64 KiB of text that nothing else refers to. */
export function largeText(): string {
  return Buffer.alloc(64 * 1024, "x").toString("latin1");
}

/** MiB by which the heap is larger with what `create` gives than it was before, after a collection. */
export async function heapGrowth(create: () => unknown): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = [await create()];
  collectGarbage();
  const growth = process.memoryUsage().heapUsed - before;
  kept.pop();
  return growth / MiB;
}
