import { WebSocket } from "ws";
import type { Gateway, RunningGateway } from "../../../src/index.ts";
import { checkEvents, type ReadEvents } from "./read-events.ts";

/** Posts a request for a response to the handler. */
export function ask({ fetch }: Gateway, body: object, path = "/v1/responses"): Promise<Response> {
  return fetch(
    new Request(`http://127.0.0.1:8787${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
}

/** A WebSocket of a client that asks one thing after another. */
export interface Connection {
  readonly socket: WebSocket;
  /** Asks, and gives every event up to the last one; an error that is no event of a response is alone. */
  ask(
    body: object,
  ): Promise<
    ReadEvents & { readonly failed?: { readonly status: number; readonly error: { readonly code: string } } }
  >;
  close(): void;
}

const ENDS: readonly string[] = ["response.completed", "response.incomplete", "response.failed"];

/** Opens a WebSocket at a gateway. */
export async function connect({ baseURL }: RunningGateway, token = "any"): Promise<Connection> {
  const headers = { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`${baseURL.replace("http", "ws")}/responses`, { headers });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return {
    socket,
    ask: (body) =>
      new Promise((resolve, reject) => {
        const values: { type: string; response?: unknown }[] = [];
        const take = (data: Buffer): void => {
          const value = JSON.parse(data.toString());
          values.push(value);
          const isAlone = value.type === "error" && value.sequence_number === undefined;
          if (!isAlone && !ENDS.includes(value.type)) return;
          socket.off("message", take);
          try {
            if (isAlone) resolve({ events: [], response: value.response, failed: value });
            else resolve(checkEvents(values));
          } catch (error) {
            reject(error);
          }
        };
        socket.on("message", take);
        socket.once("close", () => reject(new Error("the connection closed")));
        socket.send(JSON.stringify({ type: "response.create", ...body }));
      }),
    close: () => socket.close(),
  };
}
