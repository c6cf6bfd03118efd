import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createFileHealth, type HealthStore } from "@fallthrough/registry";
import type { Shell } from "./shell.ts";

/** The variable that keeps the command from remembering anything, where it is set and not blank. */
export const NO_STATE_VARIABLE = "FALLTHROUGH_NO_STATE";

/** The command ends after so long, whether the file can be written or not. */
const FLUSH_MS = 1_000;

/** The options of every command that asks, or tells who would be asked. */
export interface StateOptions {
  /** Whether the command remembers failures from one call to the next. @default true */
  readonly state?: boolean | undefined;
}

/** What the command remembers of failures between calls; `undefined` where it is to remember nothing. */
export function openState(shell: Shell, options: StateOptions): HealthStore | undefined {
  const path = options.state === false ? undefined : findStateFile(shell.environment);
  if (path === undefined) return undefined;
  const health = createFileHealth({ path });
  shell.beforeEnd?.(async () => {
    // others may hold the file, and an answer is there already
    await Promise.race([health.flush(), sleep(FLUSH_MS)]);
  });
  return health;
}

/** The file in the user's folder for state, by the rules of the platform; `undefined` where there is to be none. */
export function findStateFile(
  environment: Shell["environment"],
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (environment[NO_STATE_VARIABLE]?.trim()) return undefined;
  const folder = stateFolder(environment, platform);
  return folder === undefined ? undefined : join(folder, "fallthrough", "health.json");
}

function stateFolder(environment: Shell["environment"], platform: NodeJS.Platform): string | undefined {
  const { XDG_STATE_HOME: xdg = "", LOCALAPPDATA: local = "" } = environment;
  // a relative path is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  if (isAbsolute(xdg)) return xdg;
  const home = homeOf(environment);
  if (platform === "win32") return isAbsolute(local) ? local : home && join(home, "AppData", "Local");
  if (home === undefined) return undefined;
  return platform === "darwin" ? join(home, "Library", "Application Support") : join(home, ".local", "state");
}

/** A user of a container or a service may have none. */
function homeOf({ HOME: named = "" }: Shell["environment"]): string | undefined {
  if (isAbsolute(named)) return named;
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    return undefined;
  }
}
