import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The last line of a frame: a path or an address, the line and the column. */
const PLACE = /(file:\/\/\S+|\/[^():]+|[A-Za-z]:[\\/][^():]+):\d+:\d+\)?$/;

/** The file that called this function; where the stack does not tell, the manifest of the working folder counts. */
export function callerFile(called: (...args: never[]) => unknown): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, called);
  const frame = holder.stack?.split("\n").find((line) => PLACE.test(line)) ?? "";
  const place = PLACE.exec(frame)?.[1];
  if (place === undefined) return join(process.cwd(), "package.json");
  return place.startsWith("file:") ? fileURLToPath(place) : place;
}
