import { createRandom } from "../random.ts";
import type { Writes } from "./answer.ts";

const LONGEST_RANDOM_CUT = 2_048;

/** The bytes of events as they are written, one buffer per write. */
export function cutIntoWrites(events: readonly string[], writes: Writes): readonly Buffer[] {
  switch (writes) {
    case "one":
      return events.map((event) => Buffer.from(event));
    case "sixteen":
      return Array.from({ length: Math.ceil(events.length / 16) }, (_, index) =>
        Buffer.from(events.slice(index * 16, index * 16 + 16).join("")),
      );
    case "all":
      return [Buffer.from(events.join(""))];
    case "random":
      return cutAtRandom(Buffer.from(events.join("")));
  }
}

function cutAtRandom(bytes: Buffer): readonly Buffer[] {
  const random = createRandom(bytes.length);
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(bytes.length, start + 1 + random(LONGEST_RANDOM_CUT));
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}
