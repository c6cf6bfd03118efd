import { connect, type Socket } from "node:net";

export interface Heard {
  /** Decoded as latin1, so that every byte is one character. */
  readonly text: string;
  readonly errorCode: string | undefined;
  readonly reads: number;
}

/** Sends bytes and tells all that came back until the connection was closed. */
export function exchangeBytes(port: number, sent: string): Promise<Heard> {
  return hear(connect(port, "127.0.0.1"), sent);
}

export function hear(socket: Socket, sent: string): Promise<Heard> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let errorCode: string | undefined;
    socket.on("data", (bytes: Buffer) => pieces.push(bytes));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      errorCode = error.code;
    });
    socket.once("close", () => {
      resolve({ text: Buffer.concat(pieces).toString("latin1"), errorCode, reads: pieces.length });
    });
    socket.write(sent);
  });
}
