import type { ServerResponse } from "node:http";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { Reply } from "./reply.ts";
import type { Behaviour } from "./site.ts";

/** An answer in one piece is cut into so many where it is to be slow or cut. */
const PIECES = 6;
/** What was sent before a reset must have been read by then. */
const BEFORE_RESET_MS = 20;

/** Writes a reply chunk by chunk; an answer may be slow, with `pieceMs` behind each, or cut. */
export async function writeReply(
  response: ServerResponse,
  reply: Reply,
  behaviour: Behaviour,
  pieceMs: number,
): Promise<void> {
  const disturbed = reply.cutAfter !== undefined && (behaviour === "cut" || behaviour === "slow");
  const chunks = disturbed && reply.chunks.length === 1 ? reply.chunks.flatMap(cutIntoPieces) : reply.chunks;
  const cutAfter = chunks === reply.chunks ? reply.cutAfter : PIECES / 2;

  response.writeHead(reply.status, reply.reason, reply.fields.flat());
  for (const [index, chunk] of chunks.entries()) {
    if (disturbed && behaviour === "cut" && index === cutAfter) {
      await delay(BEFORE_RESET_MS);
      response.socket?.resetAndDestroy();
      return;
    }
    if (response.destroyed) return;
    await new Promise<void>((resolve) => response.write(chunk, () => resolve()));
    await (disturbed && behaviour === "slow" ? delay(pieceMs) : nextTurn());
  }
  response.end();
}

function cutIntoPieces(bytes: Buffer): Buffer[] {
  const size = Math.ceil(bytes.length / PIECES);
  return Array.from({ length: PIECES }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}
