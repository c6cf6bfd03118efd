import { connect, isIPv4, isIPv6, type Socket } from "node:net";
import type { buildConnector } from "undici";

const VERSION = 5;
const NO_LOGIN = 0;
const LOGIN = 2;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

/**
 * Opens connections through a SOCKS5 proxy, which resolves the names; `secure` puts TLS on top.
 *
 * undici has an agent for this, but it warns about itself on stderr and keeps timers of its own.
 */
export function createSocksConnector(proxy: URL, secure: buildConnector.connector): buildConnector.connector {
  return ((options: buildConnector.Options, callback: buildConnector.Callback) => {
    const { hostname, protocol, port } = options;
    const socket = connect({ host: bare(proxy.hostname), port: Number(proxy.port || 1080), noDelay: true });
    openTunnel(socket, proxy, bare(hostname), Number(port || (protocol === "https:" ? 443 : 80))).then(
      () => {
        if (protocol === "https:") secure({ ...options, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      (error: Error) => {
        socket.destroy();
        callback(error, null);
      },
    );
    return socket;
  }) as buildConnector.connector;
}

/** https://www.rfc-editor.org/rfc/rfc1928 and, for the login, rfc1929. */
async function openTunnel(socket: Socket, proxy: URL, host: string, port: number): Promise<void> {
  const { take, release } = createReader(socket);
  const methods = proxy.username === "" ? [NO_LOGIN] : [NO_LOGIN, LOGIN];
  socket.write(Uint8Array.of(VERSION, methods.length, ...methods));
  const [version, method = -1] = await take(2);
  if (version !== VERSION) throw socksError("PROTOCOL", "the proxy does not speak SOCKS5");
  if (!methods.includes(method)) throw socksError("AUTH", "the proxy takes none of the ways to log in");
  if (method === LOGIN) {
    socket.write(Buffer.concat([Uint8Array.of(1), counted(proxy.username), counted(proxy.password)]));
    const [, refused] = await take(2);
    if (refused !== 0) throw socksError("AUTH", "the proxy refused the user or password");
  }
  const destination = Buffer.alloc(2);
  destination.writeUInt16BE(port);
  socket.write(Buffer.concat([Uint8Array.of(VERSION, CONNECT, 0), address(host), destination]));
  const [, failure, , kind] = await take(4);
  if (failure !== 0) throw socksError("REFUSED", `the proxy opened no connection (reply ${failure})`);
  const [length = 0] = kind === NAME ? await take(1) : [kind === IPV6 ? 16 : 4];
  await take(length + 2);
  release();
}

/** Reads a socket by the byte, and gives it back with what was not taken. */
function createReader(socket: Socket): { take(count: number): Promise<Buffer>; release(): void } {
  let held: Buffer = Buffer.alloc(0);
  let failure: Error | undefined;
  let wake = (): void => {};

  function onData(bytes: Buffer): void {
    held = Buffer.concat([held, bytes]);
    wake();
  }

  function onError(error: Error): void {
    failure = error;
  }

  function onClose(): void {
    failure ??= socksError("CLOSED", "the proxy closed the connection");
    wake();
  }

  socket.on("data", onData).on("error", onError).on("close", onClose);
  return {
    async take(count) {
      while (held.length < count) {
        if (failure !== undefined) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const taken = held.subarray(0, count);
      held = held.subarray(count);
      return taken;
    },
    release() {
      socket.off("data", onData).off("error", onError).off("close", onClose);
      socket.pause();
      if (held.length > 0) socket.unshift(held);
    },
  };
}

function address(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from([IPV4, ...host.split(".").map(Number)]);
  if (!isIPv6(host)) return Buffer.concat([Uint8Array.of(NAME), counted(host)]);
  const [head = [], tail = []] = host
    .split("::")
    .map((side) => side.split(":").filter((group) => group !== ""));
  const groups = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => "0"), ...tail];
  return Buffer.concat([
    Uint8Array.of(IPV6),
    ...groups.map((group) => Buffer.from(group.padStart(4, "0"), "hex")),
  ]);
}

/** A text with its length in front. */
function counted(text: string): Buffer {
  const bytes = Buffer.from(decodeURIComponent(text));
  return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function socksError(kind: string, message: string): Error {
  return Object.assign(new Error(message), { code: `ERR_SOCKS_${kind}` });
}
