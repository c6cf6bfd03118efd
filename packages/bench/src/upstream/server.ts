import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { parseAnswer } from "./answer.ts";
import { fakegptLogin } from "./fakegpt.ts";
import { formatWhole, type Rendered, render } from "./render.ts";

/** A raw-TCP server on loopback that plays the answers that base URLs name. */
export interface UpstreamServer {
  /** Two origins, because a chain may leave a failed origin alone for a while. */
  readonly origins: readonly [string, string];
  /** An origin where nobody listens. */
  readonly refused: string;
  close(): void;
}

/** Starts the upstream in this process. */
export async function startUpstreamServer(): Promise<UpstreamServer> {
  const rendered = new Map<string, Rendered | undefined>();
  const sockets = new Set<Socket>();

  function answerFor(path: string): Rendered | undefined {
    const key = path.slice(0, path.indexOf("/", 1));
    if (!rendered.has(key)) rendered.set(key, render(parseAnswer(path)));
    return rendered.get(key);
  }

  async function reply(socket: Socket, path: string): Promise<void> {
    const login = fakegptLogin(path);
    if (login !== undefined) {
      const cookie = login.cookie === undefined ? "" : `set-cookie: ${login.cookie}\r\n`;
      socket.write(formatWhole(200, "application/json", login.body, cookie));
      return;
    }
    const answer = answerFor(path);
    if (answer === undefined) return;
    if (answer.delayMs > 0) await delay(answer.delayMs);
    for (const bytes of answer.writes) {
      if (socket.destroyed) return;
      if (!socket.write(bytes)) await drained(socket);
    }
  }

  function accept(socket: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    let received = "";
    // heads and bodies of the bench are latin1, and a request waits for the answer to the one before
    socket.setEncoding("latin1").on("data", (text: string) => {
      received += text;
      const end = received.indexOf("\r\n\r\n");
      if (end === -1) return;
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received.slice(0, end + 2))?.[1] ?? 0);
      if (received.length < end + 4 + length) return;
      const path = received.slice(received.indexOf(" ") + 1, received.indexOf(" HTTP/"));
      received = received.slice(end + 4 + length);
      reply(socket, path).catch(() => socket.destroy());
    });
  }

  const servers = await Promise.all([listen(accept), listen(accept), listen(accept)]);
  const [first, second, gone] = servers;
  const refused = originOf(gone);
  gone.close();

  return {
    origins: [originOf(first), originOf(second)],
    refused,
    close() {
      for (const server of [first, second]) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function listen(accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer(accept).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A consumer that leaves closes its socket, which never drains then. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });
}
