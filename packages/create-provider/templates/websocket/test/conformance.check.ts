import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type PeerSuite, testPeer } from "@fallthrough/testkit";
import { describe, test } from "vitest";
import { WebSocketServer } from "ws";
import { createMySite } from "../src/index.ts";

const MESSAGES = [{ word: "Hello from " }, { word: "My Site 👋" }, { done: true }];

/** The other end of the socket, which does what each case asks. */
const start: PeerSuite["start"] = async (behaviour) => {
  const asked: string[] = [];
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.on("connection", (socket) => {
    socket.on("message", (data) => {
      asked.push(String(data));
      if (behaviour === "is silent") return;
      if (behaviour === "talks nonsense") socket.send(`what? ${String(data)}`);
      else {
        const messages = behaviour === "answers" ? MESSAGES : MESSAGES.slice(0, 1);
        for (const message of messages) socket.send(JSON.stringify(message));
      }
      if (behaviour === "ends early") socket.close();
    });
  });
  const close = async () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  };
  if (behaviour === "is away") await close();
  return {
    create: (settings) => createMySite({ ...settings, url: `ws://127.0.0.1:${port}` }),
    asked,
    open: () => server.clients.size,
    close,
  };
};

testPeer(
  {
    start,
    reply: "Hello from My Site 👋",
    declare: {
      tools: "the server takes one text",
      images: "the server takes one text",
      usage: "the server counts no tokens",
    },
  },
  { describe, test },
);
