/** The value of an environment variable, without white space round it; `undefined` for one that is missing or blank. */
export function readEnvironment(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}
