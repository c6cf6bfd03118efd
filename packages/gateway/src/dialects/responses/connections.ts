import { requestIdOf } from "../../call-record.ts";
import type { OpenCall } from "../../calls.ts";
import type { HttpRequest } from "../../exchange-types.ts";
import { explainFailure } from "../../failure-answer.ts";
import { Refusal } from "../../refusal.ts";
import type { Serving } from "../../serving.ts";
import type { ResponseMemory } from "./memory.ts";
import type { Responses } from "./responses.ts";
import { RESPONSES_PATH } from "./routes.ts";

/** A WebSocket of a client. */
export interface Connection {
  /** The request that opened it. */
  readonly request: HttpRequest;
  /** What was answered on it. */
  readonly memory: ResponseMemory;
}

/** Responses over WebSockets. */
export interface Connections {
  /** Lets a client open a WebSocket; throws a refusal */
  admit(request: HttpRequest): void;
  /** Answers one message of a client, in lines; a failure is a line too. */
  answerMessage(connection: Connection, message: Buffer): AsyncIterable<string>;
}

/** Creates what answers the WebSockets of a gateway. */
export function createConnections(
  { access, answer, record: openRecord }: Pick<Serving, "access" | "answer" | "record">,
  responses: Responses,
): Connections {
  return {
    admit(request) {
      access.checkOrigin(request);
      access.checkToken(request);
      if (new URL(request.url).pathname === RESPONSES_PATH) return;
      throw new Refusal(404, `no WebSocket is on this path, expected ${RESPONSES_PATH}`, {
        code: "unknown_url",
      });
    },

    async *answerMessage({ request, memory }, message) {
      const dialect = responses.onConnection(memory);
      const record = openRecord(requestIdOf(null), `WebSocket ${RESPONSES_PATH}`);
      const read = async (call: OpenCall): Promise<string> => {
        call.hold(message.byteLength);
        return message.toString();
      };
      try {
        const { body } = await answer(dialect, request, record, read);
        yield* body;
      } catch (error) {
        const failure = explainFailure(error);
        record.status = failure.status;
        record.failed(error);
        record.end();
        yield `${JSON.stringify(dialect.formatError(failure))}\n`;
      }
    },
  };
}
