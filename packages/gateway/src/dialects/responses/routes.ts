import type { Caller } from "../../access.ts";
import type { HttpAnswer } from "../../exchange-types.ts";
import { Refusal } from "../../refusal.ts";
import type { Application, Handler, Serving } from "../../serving.ts";
import { nameOfCaller, type Responses } from "./responses.ts";

/** Where responses are asked for, over HTTP and over WebSocket. */
export const RESPONSES_PATH = "/v1/responses";

/** Adds the routes of OpenAI's Responses. */
export function addResponses(
  application: Application,
  { access, serve, serveCalls }: Serving,
  { create, compact, stored }: Responses,
): void {
  const one = `${RESPONSES_PATH}/:id`;

  /** A route about one response that was given out before. */
  function serveStored(answer: (caller: string, id: string, query: URLSearchParams) => HttpAnswer): Handler {
    return serve(
      (request, record, context) => {
        const caller: Caller = access.checkToken(request);
        record.client = caller.name;
        const id = context.req.param("id") ?? "";
        return answer(nameOfCaller(caller), id, new URL(request.url).searchParams);
      },
      { dialect: create },
    );
  }

  application
    .post(RESPONSES_PATH, serveCalls(create))
    .post(`${RESPONSES_PATH}/compact`, serveCalls(compact))
    .get(one, serveStored(stored.retrieve))
    .delete(one, serveStored(stored.remove))
    .get(`${one}/input_items`, serveStored(stored.listInput))
    .post(
      `${one}/cancel`,
      serveStored((caller, id, query) => {
        stored.retrieve(caller, id, query);
        throw new Refusal(400, "the response is over, expected one that runs in the background", {
          code: "unsupported_parameter",
        });
      }),
    );
}
