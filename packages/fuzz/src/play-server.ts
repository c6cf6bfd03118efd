import { httpResponse } from "../../testkit/src/http-message.ts";
import type { ReceivedRequest } from "../../testkit/src/request-reader.ts";
import { type Connection, type SocketServer, startSocketServer } from "../../testkit/src/socket-server.ts";
import { type Play, playAnswer } from "./play.ts";

/** An answer that is played. */
export interface PlayedAnswer {
  readonly play: Play;
  /** The whole answer as it goes on the wire. */
  readonly framed: Buffer;
}

/** A server that plays answers. */
export interface PlayServer extends Pick<SocketServer, "origin" | "closed" | "close"> {
  /** How many answers it plays at present. */
  readonly playing: number;
}

/** What a server answers: an answer that is played, or plain bytes. */
export type AnswerRequest = (
  request: ReceivedRequest,
) => PlayedAnswer | Buffer | Promise<PlayedAnswer | Buffer>;

const NOT_FOUND = httpResponse({ status: 404 });

/** Starts a server on loopback that answers each request of each connection in turn. */
export async function startPlayServer(answer: AnswerRequest): Promise<PlayServer> {
  let playing = 0;

  async function serve(connection: Connection): Promise<void> {
    for (let isOpen = true; isOpen; ) {
      const request = await connection.readRequest();
      if (request === undefined) {
        connection.finish();
        return;
      }
      const answered = await answer(request);
      playing++;
      if (answered instanceof Uint8Array) await connection.send(answered);
      else isOpen = await playAnswer(answered.play, answered.framed, connection);
      playing--;
    }
  }

  const server = await startSocketServer(serve);
  return Object.defineProperty(server as SocketServer & { playing: number }, "playing", {
    get: () => playing,
  });
}

/** Starts a server that plays each of these answers under the path that is its place among them. */
export function startPlays(answers: readonly PlayedAnswer[]): Promise<PlayServer> {
  return startPlayServer(({ path }) => answers[Number(path.slice(1))] ?? NOT_FOUND);
}
