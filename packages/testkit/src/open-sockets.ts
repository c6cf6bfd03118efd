import { EventEmitter, once } from "node:events";
import type { Server, Socket } from "node:net";

/** The connections of a server that are open at present. */
export interface OpenSockets {
  readonly count: number;
  /** Resolves when none is open. */
  closed(): Promise<void>;
  /** Drops them all. */
  destroy(): void;
}

/** Keeps count of a server's connections. */
export function trackSockets(server: Server): OpenSockets {
  const open = new Set<Socket>();
  const changes = new EventEmitter();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      changes.emit("close");
    });
  });
  return {
    get count() {
      return open.size;
    },
    closed: async () => {
      while (open.size > 0) await once(changes, "close");
    },
    destroy: () => {
      for (const socket of open) socket.destroy();
    },
  };
}
