import { once } from "node:events";
import { constants, createSecureServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { type ChatMessage, chat } from "@fallthrough/core";
import { createCertificate } from "@fallthrough/testkit";
import { Agent } from "undici";
import { expect } from "vitest";
import { createChain } from "../../src/index.ts";
import type { FaultRow } from "./row.ts";
import { startHealthyServer } from "./socket-row.ts";
import { deltaEvent, wireProvider } from "./wire-provider.ts";

const CERTIFICATE = await createCertificate();
const ROW = { row: 40, fault: "HTTP/2 in mid-stream" } as const;
const MESSAGES: ChatMessage[] = [{ role: "user", content: "Which protocol is this?" }];

type Break = (stream: ServerHttp2Stream) => void;

const resetStream: Break = (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR);

const goAway: Break = ({ session }) => {
  session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  session?.destroy();
};

/** A server whose first stream sends this much and breaks; every later one answers. */
async function startHttp2Server(start: string, broken: Break) {
  const sessions = new Set<ServerHttp2Session>();
  let opened = 0;
  let streams = 0;
  const server = createSecureServer(CERTIFICATE);
  server.on("session", (session) => {
    opened++;
    sessions.add(session);
    session.on("error", () => {});
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200, "content-type": "text/event-stream" });
    if (streams++ > 0) stream.end(`${deltaEvent("whole")}data: [DONE]\n\n`);
    else stream.write(`data: {"role":"assistant"}\n\n${start}`, () => setTimeout(broken, 20, stream));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get opened() {
      return opened;
    },
    async close() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The first call breaks, the second is answered over this many sessions in all. */
function http2Row(
  fault: Pick<FaultRow, "sent" | "code" | "follows">,
  broken: Break,
  start: string,
  sessions: number,
): FaultRow {
  return {
    ...ROW,
    ...fault,
    async run(consume) {
      const [first, second] = await Promise.all([
        startHttp2Server(start, broken),
        startHealthyServer("the second"),
      ]);
      const dispatcher = new Agent({ allowH2: true, connect: { ca: CERTIFICATE.cert } });
      const chain = createChain([
        wireProvider("first", first.origin, { dispatcher }),
        wireProvider("second", second.origin),
      ]);

      const reply = chat(chain, { messages: MESSAGES });
      const { text, error } = await consume(reply);
      const later = await consume(chat(chain, { messages: MESSAGES }));

      await chain.close?.();
      await dispatcher.destroy();
      await Promise.all([first.close(), second.close()]);
      expect(reply.route.attempts[0]).toMatchObject({ outcome: "failed", code: fault.code });
      if (fault.follows === "next") {
        expect([text, error]).toEqual(["the second answers", undefined]);
      } else {
        expect(error).toMatchObject({ code: fault.code, partial: { text: "half " } });
        expect(second.connections).toBe(0);
      }
      expect(later.text).toBe("whole");
      expect(first.opened).toBe(sessions);
    },
  };
}

/** Ends of an HTTP/2 stream or connection in mid-answer. */
export const HTTP2_ROWS: readonly FaultRow[] = [
  // a stream that is reset looks to undici's user like one that ended: only the missing marker tells
  http2Row({ sent: "RST_STREAM before content", code: "interrupted", follows: "next" }, resetStream, "", 1),
  http2Row(
    { sent: "RST_STREAM after content", code: "interrupted", follows: "int" },
    resetStream,
    deltaEvent("half "),
    1,
  ),
  http2Row({ sent: "GOAWAY before content", code: "interrupted", follows: "next" }, goAway, "", 2),
  http2Row(
    { sent: "GOAWAY after content", code: "interrupted", follows: "int" },
    goAway,
    deltaEvent("half "),
    2,
  ),
];
