import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { type PeerSuite, testPeer } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { createMySite } from "../src/index.ts";

const PROGRAM = fileURLToPath(new URL("fixtures/program.mjs", import.meta.url));

/** A program that does what each case asks, and is connected to this test as long as it runs. */
const start: PeerSuite["start"] = async (behaviour) => {
  const asked: string[] = [];
  const programs = new Set<Socket>();
  const server = createServer((socket) => {
    programs.add(socket);
    socket.setEncoding("utf8").on("data", (text) => asked.push(String(text)));
    socket.on("error", () => {}).on("close", () => programs.delete(socket));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const program = behaviour === "is away" ? "no-such-program" : process.execPath;
  return {
    create: (settings) => createMySite({ ...settings, command: [program, PROGRAM, behaviour, String(port)] }),
    asked,
    open: () => programs.size,
    async close() {
      server.close();
    },
  };
};

testPeer(
  {
    start,
    reply: "Hello from My Site 👋",
    declare: {
      tools: "the program takes one text",
      images: "the program takes one text",
      usage: "the program counts no tokens",
    },
  },
  { describe, test },
);
