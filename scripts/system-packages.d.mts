/** The path of a program, where it is installed. */
export function findProgram(name: string): string | undefined;
/** Whether a package that tests use is installed. */
export function hasSystemPackage(name: string): boolean;
/** Installs what is missing from Debian, where this may be done; gives a line for what does not run, and why. */
export function installSystemPackages(): readonly string[];
