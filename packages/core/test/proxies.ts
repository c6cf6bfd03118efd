import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { readRequests, startSockets, type TestServer, type TestServerOptions } from "./servers.ts";

/** A proxy on loopback. */
export interface Proxy extends TestServer {
  /** The targets that were asked for, in order, with the credentials given. */
  readonly asked: readonly string[];
}

/** A proxy that opens tunnels, or answers CONNECT with another status. */
export async function startHttpProxy(status = 200, options?: TestServerOptions): Promise<Proxy> {
  const asked: string[] = [];
  const server = await startSockets((socket) => {
    let tunnel = false;
    readRequests(socket, ({ path, headers }) => {
      if (tunnel) return;
      tunnel = true;
      asked.push([path, headers["proxy-authorization"] ?? ""].join(" ").trim());
      if (status !== 200) socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      else void join(socket, path, "HTTP/1.1 200 Connection established\r\n\r\n");
    });
  }, options);
  return Object.assign(Object.create(server) as TestServer, { asked });
}

/** A SOCKS5 proxy, open to all or to this login alone. */
export async function startSocksProxy(login?: {
  readonly user: string;
  readonly password: string;
}): Promise<Proxy> {
  const asked: string[] = [];
  const server = await startSockets(async (socket) => {
    const [, methods = 0] = await take(socket, 2);
    await take(socket, methods);
    socket.write(Uint8Array.of(5, login === undefined ? 0 : 2));
    if (login !== undefined) {
      const [, userLength = 0] = await take(socket, 2);
      const user = (await take(socket, userLength)).toString();
      const [passwordLength = 0] = await take(socket, 1);
      const password = (await take(socket, passwordLength)).toString();
      const accepted = user === login.user && password === login.password;
      socket.write(Uint8Array.of(1, accepted ? 0 : 1));
      if (!accepted) return;
    }
    const [, , , kind] = await take(socket, 4);
    const [length = 0] = kind === 1 ? [4] : await take(socket, 1);
    const address = await take(socket, length);
    const host = kind === 1 ? address.join(".") : address.toString();
    const port = (await take(socket, 2)).readUInt16BE();
    asked.push(`${host}:${port}`);
    await join(socket, `${host}:${port}`, Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0));
  });
  return Object.assign(Object.create(server) as TestServer, { asked });
}

async function take(socket: Socket, count: number): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0);
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes !== null) return bytes;
    await once(socket, "readable");
  }
}

async function join(socket: Socket, target: string, greeting: string | Uint8Array): Promise<void> {
  const [host = "", port] = target.split(":");
  const upstream = connect(Number(port), host);
  upstream.on("error", () => socket.destroy());
  socket.on("close", () => upstream.destroy());
  await once(upstream, "connect");
  socket.removeAllListeners("data");
  socket.write(greeting);
  socket.pipe(upstream).pipe(socket);
}
