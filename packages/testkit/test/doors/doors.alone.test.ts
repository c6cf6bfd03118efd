import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, test } from "vitest";
import { WebSocketServer } from "ws";
import type { Declaration, PeerSuite, ProviderSuite } from "../../src/conformance.ts";
import { httpResponse, testPeer, testProvider } from "../../src/index.ts";
import { createBareText } from "./bare-text.ts";
import { createChild } from "./child-process.ts";
import { createCumulative } from "./cumulative.ts";
import { createEvents } from "./events.ts";
import { createJob } from "./job.ts";
import { createJson } from "./json.ts";
import { createNdjson } from "./ndjson.ts";
import { createPlainText } from "./plain-text.ts";
import { createSessionProvider } from "./session.ts";
import { createWebSocket } from "./web-socket.ts";

const REPLY = "Polly wants a cracker";
const WORDS = [{ word: "Polly wants " }, { word: "a cracker" }, { done: true }];
const LINES = WORDS.map((word) => `${JSON.stringify(word)}\n`).join("");
const PARROT = fileURLToPath(new URL("parrot.mjs", import.meta.url));

const DECLARE = {
  tools: "a parrot uses no tools",
  images: "a parrot takes words alone",
  usage: "a parrot does not count",
} satisfies Declaration;
const AT_ONCE = { ...DECLARE, streaming: "the answer comes in one piece" };

function answer(type: string, body: string): Uint8Array {
  return httpResponse({ headers: { "content-type": type }, body });
}

function events(list: readonly object[]): Uint8Array {
  return answer("text/event-stream", list.map((data) => `data: ${JSON.stringify(data)}\n\n`).join(""));
}

function json(value: object): Uint8Array {
  return answer("application/json", JSON.stringify(value));
}

/** What each server of HTTP sends. */
const SUITES: Readonly<Record<string, Omit<ProviderSuite, "reply">>> = {
  events: { create: createEvents, exchanges: [events(WORDS)], declare: DECLARE },
  JSON: { create: createJson, exchanges: [json({ said: REPLY })], declare: AT_ONCE },
  NDJSON: { create: createNdjson, exchanges: [answer("application/x-ndjson", LINES)], declare: DECLARE },
  "plain text": {
    create: createPlainText,
    exchanges: [answer("text/plain", `+OK\n${REPLY}\n.\n`)],
    declare: DECLARE,
  },
  "text without an end": {
    create: createBareText,
    exchanges: [answer("text/plain", REPLY)],
    declare: { ...DECLARE, endMarker: "the answer ends with the response" },
  },
  "a job that is submitted and polled": {
    create: createJob,
    exchanges: [
      json({ job: "job-1" }),
      json({ state: "running" }),
      json({ state: "running" }),
      json({ state: "done", said: REPLY }),
    ],
    declare: AT_ONCE,
  },
  "a session with a token that expires": {
    create: createSessionProvider,
    exchanges: [json({ token: "token-of-the-session", expiresIn: 3_600 }), json({ said: REPLY })],
    declare: AT_ONCE,
  },
  "events that repeat the whole text": {
    create: createCumulative,
    exchanges: [
      events([
        { id: "a-1", said: "Polly wants " },
        { id: "a-1", said: REPLY },
        { id: "a-1", said: REPLY, done: true },
      ]),
    ],
    declare: DECLARE,
  },
};

for (const [kind, suite] of Object.entries(SUITES)) {
  describe(kind, () => testProvider({ ...suite, reply: REPLY }, { describe, test }));
}

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
  testPeer({ start, reply: REPLY, declare: DECLARE }, { describe, test });
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
  testPeer({ start, reply: REPLY, declare: DECLARE }, { describe, test });
});
