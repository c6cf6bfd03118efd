import type { ChatError } from "@fallthrough/core";
import {
  type FailedAnswer,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  parseRetryTime,
} from "@fallthrough/core/provider";
import { explainRefusal, refusalWords } from "./explain-refusal.ts";
import type { Failure } from "./failure.ts";

/** The error that a failure ends a call with. */
export function failureError(http: HttpClient, { code, message, status, retryAfterMs }: Failure): ChatError {
  return http.error(code, message, { status, retryAfterMs });
}

/** Sends a request; a failure that the plugin told is given back, so that it can be cured, any other is thrown. */
export async function ask(http: HttpClient, request: HttpRequest): Promise<HttpResponse | Failure> {
  let told: Failure | undefined;
  const recognise = (answer: FailedAnswer) => {
    const failure = explainRefusal(answer);
    const retryAfterMs = parseRetryTime(answer.headers["retry-after"]);
    told = failure && { ...failure, retryAfterMs };
    return told === undefined ? { words: refusalWords(answer.body) } : failureError(http, told);
  };
  try {
    return await http({ ...request, recognise });
  } catch (error) {
    if (told === undefined) throw error;
    return told;
  }
}
