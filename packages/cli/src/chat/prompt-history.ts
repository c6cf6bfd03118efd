import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Shell } from "../shell.ts";
import { findStateFile, type StateOptions } from "../state.ts";

/** What was typed in earlier conversations. */
export interface PromptHistory {
  /** The newest first, as the arrow keys go through them. */
  readonly entries: readonly string[];
  /** Keeps what was typed in this one; a folder that cannot be written is nobody's loss. */
  keep(entries: readonly string[]): void;
}

/** So many entries are kept. */
const MOST_ENTRIES = 500;
const FILE = "chat-history.json";

/** The history in the user's folder for state; an empty one that keeps nothing where it is turned off. */
export function openHistory(shell: Shell, options: StateOptions, isKept: boolean | undefined): PromptHistory {
  const state = options.state === false || isKept === false ? undefined : findStateFile(shell.environment);
  if (state === undefined) return { entries: [], keep() {} };
  const file = join(dirname(state), FILE);
  const before = readEntries(file);
  return {
    entries: before,
    keep(entries) {
      // another conversation may have ended in the meantime
      const all = new Set([...entries, ...readEntries(file)]);
      try {
        mkdirSync(dirname(file), { recursive: true });
        // what a person asks is for nobody else to read
        writeFileSync(file, JSON.stringify([...all].slice(0, MOST_ENTRIES)), { mode: 0o600 });
      } catch {
        // read-only homes exist
      }
    },
  };
}

function readEntries(file: string): readonly string[] {
  try {
    const entries: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(entries) ? entries.filter((entry) => typeof entry === "string") : [];
  } catch {
    return [];
  }
}
