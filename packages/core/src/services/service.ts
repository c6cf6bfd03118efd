import { maySpeakOfKey } from "../contract/api-keys.ts";
import type { JsonObject, StreamPart } from "../contract/contract.ts";
import { ChatError } from "../errors/chat-error.ts";
import { callOf } from "../guard/call-context.ts";
import type { FailedAnswer, HttpClient, HttpRequest, HttpResponse } from "../http/types.ts";
import { fieldsOf } from "../parts/json.ts";
import { type Concession, createConcessions } from "./concessions.ts";
import type { Key } from "./key.ts";
import { parseFailureBody, type ServerFailure } from "./server-failure.ts";

/** How a hosted service is asked. */
export interface ServiceForm {
  /** Sends the requests. */
  readonly http: HttpClient;
  /** Shows who asks. */
  readonly key: Key;
  /** What its servers may refuse of a body. @default nothing */
  readonly concessions?: readonly Concession[] | undefined;
}

/** Asks one hosted service, and reports its failures in its own words. */
export interface Service {
  /** Sends a request with the key. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Posts a body for a model, without the wishes that its server refuses. */
  ask(
    model: string,
    body: JsonObject,
    request: Pick<HttpRequest, "path" | "query" | "signal">,
  ): Promise<HttpResponse>;
  /** What a caller loses whose request has this body, because the server refused it before. */
  warnings(model: string, body: JsonObject): StreamPart[];
  /** The error for a failure inside an answer with a success status; `what` is the request as messages name it. */
  fail(what: string, failure: ServerFailure): ChatError;
}

/** The service that these settings speak of. */
export function createService({ http, key, concessions: possible = [] }: ServiceForm): Service {
  const concessions = createConcessions(possible);

  function fail(what: string, { codeInside, words, scope, need, retryAfterMs }: ServerFailure): ChatError {
    const hint = codeInside === "config" ? "; most base URLs of such servers end in /v1" : "";
    const problem = `${what} answered with an error${words && `, saying ${words}`}${hint}`;
    return http.error(codeInside, problem, { scope, need, retryAfterMs });
  }

  /** Sends with the key that a chain has chosen; without a choice, with the first key that the server takes. */
  async function sendObserved(
    request: HttpRequest,
    observe?: (answer: FailedAnswer) => void,
  ): Promise<HttpResponse> {
    const chosen = callOf(request.signal)?.key;
    if (chosen !== undefined || key.count === 1) return sendWith(chosen, request, observe);
    for (let place = 0; ; place++) {
      try {
        return await sendWith(place, request, observe);
      } catch (error) {
        if (place + 1 === key.count || !(error instanceof ChatError) || !maySpeakOfKey(error.code))
          throw error;
      }
    }
  }

  function sendWith(
    place: number | undefined,
    request: HttpRequest,
    observe?: (answer: FailedAnswer) => void,
  ): Promise<HttpResponse> {
    return http({
      ...request,
      headers: key.header(place),
      recognise(answer) {
        observe?.(answer);
        const failure = parseFailureBody(answer.body, answer.status);
        if (failure === undefined || answer.status >= 300) return failure;
        return fail(`${request.method ?? "GET"} ${new URL(http.baseURL + request.path).pathname}`, failure);
      },
    });
  }

  return {
    send: (request) => sendObserved(request),
    ask: (model, asked, request) =>
      concessions.ask(model, asked, (body, observe) =>
        sendObserved({ ...request, method: "POST", body }, observe),
      ),
    warnings: concessions.warnings,
    fail,
  };
}

/** One warning for each of these fields that somebody tried to set, though the rest of the call relies on it. */
export function fixedFieldWarnings(fixed: readonly string[], option: string, fields: unknown): StreamPart[] {
  return fixed
    .filter((name) => Object.hasOwn(fieldsOf(fields), name))
    .map((field) => ({
      type: "warning",
      code: "unsupported",
      message: `\`${option}\` cannot change \`${field}\``,
    }));
}
