import { spawn } from "node:child_process";

/** What opens an address on each system. */
const OPENERS: Readonly<Record<string, readonly [program: string, ...words: string[]]>> = {
  darwin: ["open"],
  // `start` is a word of the shell, and takes the first quoted text for a title
  win32: ["cmd", "/c", "start", ""],
};

/** Opens an address in the browser of whoever is at the terminal; resolves to whether a program could be started. */
export function openPage(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
  platform: string = process.platform,
): Promise<boolean> {
  // what people set for a browser of their own
  const own = environment["BROWSER"]?.trim();
  const [program, ...words] = own ? [own] : (OPENERS[platform] ?? ["xdg-open"]);
  return new Promise((resolve) => {
    const child = spawn(program, [...words, url], { stdio: "ignore", detached: true, env: environment });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
