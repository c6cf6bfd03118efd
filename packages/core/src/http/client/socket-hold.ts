import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** Keeps what a socket has read from undici's parser while the reader of an answer is behind. */
export interface SocketHold {
  /** Whether the connection has ended, and its answer with it. */
  readonly hasEnded: boolean;
  /** Tells what broke a connection that has ended: a reset, which both undici and Node.js take for an end like any other. */
  findFailure(tell: (failure: Error | undefined) => void): void;
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
 * `onRead` gets the hold whose bytes the parser reads now, and `undefined` when the socket goes: nothing may keep it then.
 *
 * undici's own pause ends the process where a server closes the connection meanwhile (docs/decisions/0022).
 */
export function holdable(socket: Socket, onRead: (hold: SocketHold | undefined) => void): void {
  const { read, destroy } = socket;
  let held = false;
  let failure: Error | undefined;
  const hold: SocketHold = {
    get hasEnded() {
      return failure !== undefined || socket.readableEnded;
    },
    findFailure(tell) {
      if (failure !== undefined) tell(failure);
      else probeReset(socket, tell);
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

/**
 * Writes nothing, which fails where the system knows of a reset.
 *
 * libuv reports a reset as an end if bytes waited before it: the system reports both at once, and libuv does not read again.
 * `ECONNRESET` is a reset in place of the end; `EPIPE` is one behind the end, which harms nothing.
 */
function probeReset(socket: Socket, tell: (failure: Error | undefined) => void): void {
  // the socket's own `write` refuses once its reading side has ended
  Duplex.prototype.write.call(socket, "", "latin1", (error?: NodeJS.ErrnoException | null) => {
    tell(error?.code === "ECONNRESET" ? error : undefined);
  });
}
