import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { parseChunks, parseHead } from "../../testkit/src/http-message.ts";
import { pause } from "./pause.ts";
import { createRandom, type Random } from "./random.ts";

/** How a client takes what a server sends. */
export interface Taking {
  /** Whether it asks for a stream. */
  readonly isStream: boolean;
  /** The most bytes that it takes at once. */
  readonly portion: number;
  /** The longest pause between two portions, in milliseconds. */
  readonly pauseMs: number;
  /** How long it does something else after the first portion, in milliseconds. */
  readonly restMs: number;
  /** It leaves after so many bytes. */
  readonly leaveAfter: number;
  /** Decides the lengths of portions and pauses. */
  readonly seed: number;
}

/** What a client took. */
export interface Taken {
  readonly status: number;
  /** The body, as far as it was taken. */
  readonly body: string;
  /** "cut": the connection ended before the body did. */
  readonly end: "whole" | "left" | "cut";
}

/** A random way to take an answer. */
export function createTaking(random: Random): Taking {
  return {
    isStream: random.chance(0.8),
    portion: random.size(64, 64 * 1024),
    pauseMs: random.pick([0, 0, 1, 3]),
    restMs: random.chance(0.2) ? random.integer(5, 40) : 0,
    leaveAfter: random.chance(0.25) ? random.size(1, 256 * 1024) : Number.POSITIVE_INFINITY,
    seed: random.integer(0, 2 ** 31),
  };
}

/** Posts a body to a server on loopback, and takes the answer as this says. */
export async function postRaw(port: number, path: string, body: string, taking: Taking): Promise<Taken> {
  // it holds no more than it takes, so that the rest stays with the server
  const socket = connect({ port, host: "127.0.0.1", highWaterMark: taking.portion } as never);
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n`;
  const fields = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  socket.write(`${head}${fields}\r\n${body}`);
  const { bytes, isLeft } = await take(socket, taking);
  socket.destroy();
  if (!socket.closed) await once(socket, "close");
  return parseAnswer(bytes, isLeft);
}

async function take(
  socket: Socket,
  { portion, pauseMs, restMs, leaveAfter, seed }: Taking,
): Promise<{ readonly bytes: Buffer; readonly isLeft: boolean }> {
  const random = createRandom(seed);
  const pieces: Buffer[] = [];
  let taken = 0;
  let isOver = false;
  let wake = (): void => {};
  for (const event of ["readable", "end", "error", "close"]) {
    socket.on(event, () => {
      isOver ||= event !== "readable";
      wake();
    });
  }
  for (;;) {
    const most = Math.min(random.integer(1, portion), socket.readableLength);
    const piece: Buffer | null = most === 0 ? null : socket.read(most);
    if (piece !== null) {
      if (pieces.length === 0 && restMs > 0) await pause(restMs);
      pieces.push(piece);
      taken += piece.length;
      if (taken >= leaveAfter) return { bytes: Buffer.concat(pieces), isLeft: true };
      if (random.chance(0.2)) await pause(random.integer(0, pauseMs));
    } else if (isOver) return { bytes: Buffer.concat(pieces), isLeft: false };
    else {
      // an empty read has the socket filled again
      socket.read(0);
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (socket.readableLength > 0 || isOver) resolve();
      });
    }
  }
}

function parseAnswer(bytes: Buffer, isLeft: boolean): Taken {
  const headEnd = bytes.indexOf("\r\n\r\n");
  const cut = isLeft ? "left" : "cut";
  if (headEnd === -1) return { status: 0, body: "", end: cut };
  const { startLine, headers } = parseHead(bytes.toString("latin1", 0, headEnd));
  const status = Number(startLine.split(" ")[1]);
  const rest = bytes.subarray(headEnd + 4);
  if (headers["transfer-encoding"] === undefined) {
    const isWhole = rest.length === Number(headers["content-length"]);
    return { status, body: String(rest), end: isWhole ? "whole" : cut };
  }
  const { chunks, end } = parseChunks(rest);
  return { status, body: String(Buffer.concat(chunks)), end: end === rest.length ? "whole" : cut };
}
