import { httpChunk } from "../../testkit/src/http-message.ts";
import type { Connection } from "../../testkit/src/socket-server.ts";
import { ENCODINGS, type EncodingName } from "./encodings.ts";
import { pause } from "./pause.ts";
import { createRandom, type Random } from "./random.ts";

/** What a server does with one answer. */
export interface Play {
  /** How the end of the body is told; "closing" and "HTTP/1.0" end it with the connection. */
  readonly framing: "chunked" | "length" | "closing" | "HTTP/1.0";
  /** The encoding of the body. */
  readonly encoding: EncodingName;
  /** How much of head and body is sent, from 0 to 1. */
  readonly sent: number;
  /** How many bytes are missing at the end of that, such as those of a last chunk. */
  readonly missing: number;
  /** What follows: nothing at all, where the connection stays open. */
  readonly end: "FIN" | "RST" | "open";
  /** Into how many pieces it is cut at most. */
  readonly pieces: number;
  /** The longest pause between two pieces, in milliseconds. */
  readonly pauseMs: number;
  /** Decides the lengths of chunks, pieces and pauses. */
  readonly seed: number;
}

/** So much reaches the other side before a reset, however it reads. */
const CERTAIN_BYTES = 32 * 1024;
const LAST_CHUNK = httpChunk("");

/** A random play of an answer that ends with its body, or with an end marker of its own. */
export function createPlay(random: Random, hasMarker: boolean): Play {
  const framing = random.pick(["chunked", "chunked", "length", "closing", "HTTP/1.0"] as const);
  const isWhole = random.chance(0.6);
  const isMarked = isWhole && hasMarker && random.chance(0.3);
  const hasEnd = isWhole && (framing === "chunked" || framing === "length");
  // an answer that only stops has to be waited for, so it is seldom
  const isOpen = random.chance(isMarked || hasEnd ? 0.6 : 0.005);
  return {
    framing,
    encoding: random.chance(0.5) ? "identity" : random.pick(Object.keys(ENCODINGS) as EncodingName[]),
    sent: isWhole ? 1 : random.integer(0, 10_000) / 10_000,
    missing: isMarked && framing === "chunked" ? random.integer(1, LAST_CHUNK.length) : 0,
    end: isOpen ? "open" : random.pick(["FIN", "FIN", "RST"]),
    pieces: random.size(1, 40),
    pauseMs: random.pick([0, 0, 1, 3]),
    seed: random.integer(0, 2 ** 31),
  };
}

/** The whole answer as it goes on the wire. */
export function frameAnswer(
  { framing, encoding, seed }: Play,
  fields: Readonly<Record<string, string>>,
  body: Buffer,
): Buffer {
  const { header, encode } = ENCODINGS[encoding];
  const encoded = encode(body);
  const head = {
    ...fields,
    ...(header === "identity" ? {} : { "content-encoding": header }),
    ...(framing === "chunked" ? { "transfer-encoding": "chunked" } : {}),
    ...(framing === "length" ? { "content-length": encoded.length } : {}),
    ...(framing === "closing" ? { connection: "close" } : {}),
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  const version = framing === "HTTP/1.0" ? "1.0" : "1.1";
  return Buffer.concat([
    Buffer.from(`HTTP/${version} 200 OK\r\n${lines.join("")}\r\n`),
    ...(framing === "chunked" ? chunksOf(encoded, createRandom(seed)) : [encoded]),
  ]);
}

/** What is sent of an answer. */
export function sentBytes({ sent, missing }: Play, framed: Buffer): Buffer {
  return framed.subarray(0, Math.ceil(framed.length * sent) - missing);
}

/** Whether the end of the body is sent, whatever the connection does. */
export function isEnded({ framing, sent, missing }: Play): boolean {
  return sent === 1 && missing === 0 && (framing === "chunked" || framing === "length");
}

/** Whether what is sent may be no answer yet, and nothing follows. */
export function mayBeSilent(play: Play): boolean {
  return play.end === "open" && !isEnded(play);
}

/**
 * Whether the same comes of this however the bytes travel: a reset drops what has not left the server, and a request
 * is sent again whose connection ends within the head.
 */
export function isCertain({ end }: Play, bytes: Buffer): boolean {
  return bytes.includes("\r\n\r\n") && (end !== "RST" || bytes.length <= CERTAIN_BYTES);
}

/** Sends an answer as this says; resolves with whether the connection may serve another request. */
export async function playAnswer(play: Play, framed: Buffer, connection: Connection): Promise<boolean> {
  const bytes = sentBytes(play, framed);
  const random = createRandom(play.seed + 1);
  const longest = Math.ceil((2 * bytes.length) / play.pieces);
  for (let start = 0; start < bytes.length && !connection.signal.aborted; ) {
    const end = start + random.integer(1, longest);
    await connection.send(bytes.subarray(start, end));
    if (random.chance(0.5)) await pause(random.integer(0, play.pauseMs));
    start = end;
  }
  if (play.end === "open") return isEnded(play) || left(connection);
  if (play.end === "RST") connection.reset();
  else connection.finish();
  return false;
}

function left({ signal }: Connection): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    signal.addEventListener("abort", () => resolve(false));
  });
}

function chunksOf(body: Buffer, random: Random): readonly Buffer[] {
  const longest = Math.ceil((2 * body.length) / random.size(1, 40));
  const chunks: Buffer[] = [];
  for (let start = 0; start < body.length; ) {
    const end = start + random.integer(1, longest);
    chunks.push(httpChunk(body.subarray(start, end)));
    start = end;
  }
  return [...chunks, LAST_CHUNK];
}
