import type { Application, Serving } from "../../serving.ts";
import type { Responses } from "./responses.ts";

/** Where responses are asked for, over HTTP and over WebSocket. */
export const RESPONSES_PATH = "/v1/responses";

/** Adds the routes of OpenAI's Responses. */
export function addResponses(
  application: Application,
  { serveCalls }: Serving,
  { create, compact }: Responses,
): void {
  application.post(RESPONSES_PATH, serveCalls(create)).post(`${RESPONSES_PATH}/compact`, serveCalls(compact));
}
