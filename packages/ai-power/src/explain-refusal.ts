import { type FailedAnswer, fieldsOf, parseJson, quote } from "@fallthrough/core/provider";
import { explainSentence, unescapeHtml } from "./explain-text.ts";
import { type Failure, UNKNOWN_ACTION } from "./failure.ts";

/** What the codes of AIPKit's JSON errors mean. */
const CODES: Readonly<Record<string, Pick<Failure, "code" | "remedy">>> = {
  nonce_failure_cache_sse: { code: "auth", remedy: "page" },
  empty_data_to_cache: { code: "bad-request" },
};

/** How many characters of the site's words a message quotes at most. */
const MOST_WORDS = 300;

// WordPress answers so where the sentence is translated: `-1`, or bare text and a link back
const REFUSED_NONCE = /^\s*(?:-1\s*$|[^<{]{1,200}<\/p><p><a )/;

/** The failure behind an answer that is not a success; `undefined` where its status says all. */
export function explainRefusal({ status, contentType, body }: FailedAnswer): Failure | undefined {
  if (status < 300) return explainStrayPage(contentType, body, status);
  if (status === 400 && body.trim() === "0") return { ...UNKNOWN_ACTION, status };
  const { message, code } = errorData(body);
  const known = CODES[code];
  if (known !== undefined) return { ...known, message: `chat answered ${quote(message)}`, status };
  const failure = explainSentence(message === "" ? body : message);
  if (failure !== undefined) return { ...failure, status };
  if (status === 403 && REFUSED_NONCE.test(body)) {
    return { code: "auth", message: `chat answered ${quote(body)}`, remedy: "page", status };
  }
  return undefined;
}

/** The site's own words about a refusal that nobody knows, quoted and cut; blank where it has none. */
export function refusalWords(body: string): string {
  const words = unescapeHtml(errorData(body).message).replaceAll(/\s+/g, " ").trim();
  return words === "" ? "" : quote(words, MOST_WORDS);
}

/** A challenge is served as `text/html`: a page inside an event stream is what the plugin's upstream answered. */
function explainStrayPage(contentType: string, body: string, status: number): Failure | undefined {
  if (contentType !== "text/event-stream" || !body.trimStart().startsWith("<")) return undefined;
  return { code: "server", message: "chat streamed a page of its upstream, expected events", status };
}

function errorData(body: string): { readonly message: string; readonly code: string } {
  let data: unknown;
  try {
    ({ data } = fieldsOf(parseJson(body, "chat")));
  } catch {
    // a text says what it says without fields
  }
  const { message, code } = fieldsOf(data);
  return { message: String(message ?? ""), code: String(code ?? "") };
}
