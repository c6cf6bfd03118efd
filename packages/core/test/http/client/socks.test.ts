import type { Socket } from "node:net";
import { buildConnector } from "undici";
import { expect, test } from "vitest";
import { createSocksConnector } from "../../../src/http/client/socks.ts";
import { reasonOf, until } from "../../providers.ts";
import { startSockets } from "../../servers.ts";

const OPENED = "0500 0001 7f000001 0000";

test.each([
  ["a name", "toy.example", "03 0b 746f792e6578616d706c65"],
  ["an IPv4 address", "10.0.0.1", "01 0a000001"],
  ["an IPv6 address", "[2001:db8::1]", "04 20010db8000000000000000000000001"],
  ["an IPv6 address without a gap", "[1:2:3:4:5:6:7:8]", "04 00010002000300040005000600070008"],
  ["an IPv6 address with a gap in front", "[::1]", "04 00000000000000000000000000000001"],
])("the proxy is asked for %s as it is", async (_, hostname, encoded) => {
  const { port, received } = await startScripted("0500", OPENED);

  const socket = await open(port, hostname);

  expect(socket.destroyed).toBe(false);
  expect(received()).toBe(hex(`050100 050100 ${encoded} 0050`));
  socket.destroy();
});

test("a login is offered when there is one, and is not sent to a proxy that wants none", async () => {
  const asking = await startScripted("0502", "0100", OPENED);
  const open1 = await open(asking.port, "toy.example", "a%40:b@");
  const open2 = await startScripted("0500", OPENED);
  const socket = await open(open2.port, "toy.example", "a%40:b@");

  expect(asking.received()).toMatch(new RegExp(`^${hex("05020002 01 02 6140 01 62")}`));
  expect(open2.received()).toMatch(new RegExp(`^${hex("05020002 050100")}`));
  open1.destroy();
  socket.destroy();
});

test.each([
  ["an answer to a name of another length", ["0500", "05000003 05 68656c6c6f 0050"], undefined],
  ["an answer with an IPv4 address", ["0500", "05000001 7f000001 0050"], undefined],
  ["an answer with an IPv6 address", ["0500", `05000004 ${"00".repeat(16)} 0050`], undefined],
  ["another protocol", ["4854"], "ERR_SOCKS_PROTOCOL"],
  ["no way to log in", ["05ff"], "ERR_SOCKS_AUTH"],
  ["a way to log in that was not offered", ["0502"], "ERR_SOCKS_AUTH"],
  ["a refused connection", ["0500", "0505 0001 00000000 0000"], "ERR_SOCKS_REFUSED"],
  ["half an answer", ["0500", "0500", "end"], "ERR_SOCKS_CLOSED"],
  ["nothing", ["end"], "ERR_SOCKS_CLOSED"],
])("%s is understood", async (_, answers, code) => {
  const server = await startScripted(...answers);

  const opening = open(server.port, "toy.example");

  if (code === undefined) (await opening).destroy();
  else expect(await reasonOf(opening)).toMatchObject({ code });
  await until(() => server.open() === 0);
});

function open(port: number, hostname: string, login = ""): Promise<Socket> {
  const proxy = new URL(`socks5://${login}127.0.0.1:${port}`);
  const connector = createSocksConnector(proxy, buildConnector({}));
  return new Promise((resolve, reject) => {
    const target = { hostname, host: `${hostname}:80`, protocol: "http:", port: "80" };
    connector(target, (error, socket) => (socket === null ? reject(error) : resolve(socket)));
  });
}

/** A server that answers each piece of input with the next of these bytes. */
async function startScripted(...answers: readonly string[]): Promise<{
  readonly port: number;
  open(): number;
  received(): string;
}> {
  let received = "";
  const server = await startSockets((socket) => {
    const left = [...answers];
    socket.on("data", (bytes) => {
      received += bytes.toString("hex");
      const next = left.shift();
      if (next === "end") socket.end();
      else if (next !== undefined) socket.write(Buffer.from(hex(next), "hex"));
      if (left[0] === "end") socket.end();
    });
  });
  return { port: server.port, open: () => server.open, received: () => received };
}

function hex(text: string): string {
  return text.replaceAll(" ", "");
}
