import type { FailedAnswer, HttpClient, HttpRequest, HttpResponse } from "@fallthrough/core/provider";
import { explainRefusal } from "./explain-refusal.ts";
import type { Failure } from "./failure.ts";

/** The error that a failure ends a call with. */
export function failureError(http: HttpClient, { code, message, status }: Failure): Error {
  return http.error(code, message, { status });
}

/** Sends a request; a failure that the plugin told is given back, so that it can be cured, any other is thrown. */
export async function ask(http: HttpClient, request: HttpRequest): Promise<HttpResponse | Failure> {
  let told: Failure | undefined;
  const recognise = (answer: FailedAnswer) => {
    told = explainRefusal(answer);
    return told && http.error(told.code, told.message, { status: told.status });
  };
  try {
    return await http({ ...request, recognise });
  } catch (error) {
    if (told === undefined) throw error;
    return told;
  }
}
