import type { Shell } from "./shell.ts";

/** The variable that holds the gateway's token. */
export const TOKEN_VARIABLE = "FALLTHROUGH_TOKEN";

/** The token that the environment holds; one that is set and blank counts as missing, as everywhere. */
export function knownToken({ environment }: Shell): string | undefined {
  return environment[TOKEN_VARIABLE]?.trim() || undefined;
}
