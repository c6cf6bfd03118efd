import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, test } from "vitest";
import { WebSocketServer } from "ws";
import type { PeerSuite } from "../../src/conformance.ts";
import { httpResponse, testPeer, testProvider } from "../../src/index.ts";
import { createChild } from "./child-process.ts";
import { createNdjson } from "./ndjson.ts";
import { createPlainText } from "./plain-text.ts";
import { createWebSocket } from "./web-socket.ts";

const REPLY = "Polly wants a cracker";
const WORDS = [{ word: "Polly wants " }, { word: "a cracker" }, { done: true }];
const LINES = WORDS.map((word) => `${JSON.stringify(word)}\n`).join("");
const PARROT = fileURLToPath(new URL("parrot.mjs", import.meta.url));

describe("NDJSON", () => {
  const headers = { "content-type": "application/x-ndjson" };
  testProvider(
    {
      create: createNdjson,
      exchanges: [httpResponse({ headers, body: LINES })],
      reply: REPLY,
      declare: ["tools", "images", "usage"],
    },
    { describe, test },
  );
});

describe("plain text", () => {
  const headers = { "content-type": "text/plain" };
  testProvider(
    {
      create: createPlainText,
      exchanges: [httpResponse({ headers, body: `+OK\n${REPLY}\n.\n` })],
      reply: REPLY,
      declare: ["tools", "images", "usage"],
    },
    { describe, test },
  );
});

describe("a WebSocket", () => {
  // #region peer
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
        else
          for (const word of behaviour === "answers" ? WORDS : WORDS.slice(0, 1))
            socket.send(JSON.stringify(word));
        if (behaviour === "ends early") socket.close();
      });
    });
    const close = async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    };
    if (behaviour === "is away") await close();
    return {
      create: (settings) => createWebSocket({ ...settings, url: `ws://127.0.0.1:${port}` }),
      asked,
      open: () => server.clients.size,
      close,
    };
  };
  testPeer({ start, reply: REPLY }, { describe, test });
  // #endregion
});

describe("a child process", () => {
  const start: PeerSuite["start"] = async (behaviour) => {
    const asked: string[] = [];
    const programs = new Set<Socket>();
    // each program is connected as long as it runs
    const server = createServer((socket) => {
      programs.add(socket);
      socket.setEncoding("utf8").on("data", (text) => asked.push(String(text)));
      socket.on("error", () => {}).on("close", () => programs.delete(socket));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const program = behaviour === "is away" ? "/no/such/program" : process.execPath;
    return {
      create: (settings) => createChild({ ...settings, command: [program, PARROT, behaviour, String(port)] }),
      asked,
      open: () => programs.size,
      async close() {
        server.close();
      },
    };
  };
  testPeer({ start, reply: REPLY }, { describe, test });
});
