import type { Socket } from "node:net";

/** Keeps what a socket has read from undici's parser while the reader of an answer is behind. */
export interface SocketHold {
  /** What broke the connection, once it is broken: a reset, which undici takes for an end like any other. */
  readonly failure: Error | undefined;
  /** From now on the parser finds nothing to read: Node.js reads up to its high-water mark, and TCP holds the server back. */
  take(): void;
  /** Gives the parser what waits; never to be called while the parser runs. */
  release(): void;
  /** Holds no more and gives nothing: for an answer that has ended, whose connection may serve another request. */
  drop(): void;
}

/**
 * Makes a socket that undici is about to get one that can be held.
 *
 * `onRead` is told whose bytes the parser gets now, and of nobody when the socket goes: nothing may keep it then.
 *
 * undici's own pause ends the process where a server closes the connection meanwhile (docs/decisions/0022).
 */
export function holdable(socket: Socket, onRead: (hold: SocketHold | undefined) => void): void {
  const { read, destroy } = socket;
  let held = false;
  let failure: Error | undefined;
  const hold: SocketHold = {
    get failure() {
      return failure;
    },
    take() {
      held = true;
    },
    release() {
      if (!held) return;
      held = false;
      socket.emit("readable");
    },
    drop() {
      held = false;
    },
  };
  /** No answer holds a socket that is going: nothing could be read from it later. */
  let going = false;

  socket.read = (size) => {
    // Node.js itself reads 0 bytes to have the socket filled up to its high-water mark
    if (held && !going && size !== 0) return null;
    const bytes = read.call(socket, size);
    if (bytes !== null) onRead(hold);
    return bytes;
  };
  socket.destroy = (error) => {
    failure ??= error;
    // a reset destroys the socket with what it has read: that came before the end, so it is given before it
    if (held && !going) {
      going = true;
      socket.emit("readable");
    }
    onRead(undefined);
    return destroy.call(socket, error);
  };
}
