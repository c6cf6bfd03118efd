import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** A lock that this process holds. */
export interface FileLock {
  /** Whether it is still this process's own: one that stood still for long may have lost it. */
  isHeld(): Promise<boolean>;
  /** Gives it back. */
  release(): Promise<void>;
}

/** Whoever holds it works for a few milliseconds, so a lock of this age was left behind. */
const STALE_MS = 5_000;
/** The longest pause between two tries; the real one is random. */
const PAUSE_MS = 8;

/** Takes the lock beside a file; `undefined` once nobody waits for it any more. @throws if the folder is no folder */
export async function lockFile(path: string, isWanted: () => boolean): Promise<FileLock | undefined> {
  const lock = `${path}.lock`;
  const mark = randomUUID();
  while (isWanted()) {
    const inode = await tryLock(lock, mark);
    if (inode !== undefined) {
      return {
        isHeld: async () => (await inodeOf(lock)) === inode,
        async release() {
          if ((await inodeOf(lock)) === inode) await rm(lock, { force: true });
        },
      };
    }
    await breakStale(lock, mark);
    await sleep(1 + Math.random() * PAUSE_MS);
  }
  return undefined;
}

async function tryLock(lock: string, mark: string): Promise<string | undefined> {
  try {
    const handle = await open(lock, "wx", 0o600);
    try {
      await handle.write(mark);
      const { ino, birthtimeMs } = await handle.stat();
      return `${ino} ${birthtimeMs}`;
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Windows says EPERM of a file that is being removed
    if (["EEXIST", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

async function inodeOf(lock: string): Promise<string | undefined> {
  const found = await stat(lock).catch(() => undefined);
  return found && `${found.ino} ${found.birthtimeMs}`;
}

/** Moves a lock aside that was left behind: of several who see it, one succeeds. */
async function breakStale(lock: string, mark: string): Promise<void> {
  const found = await stat(lock).catch(() => undefined);
  // a clock that was set back makes a lock that is older than it seems
  if (found === undefined || Math.abs(Date.now() - found.mtimeMs) < STALE_MS) return;
  const aside = `${lock}.${mark}`;
  await rename(lock, aside).catch(() => {});
  await rm(aside, { force: true });
}
