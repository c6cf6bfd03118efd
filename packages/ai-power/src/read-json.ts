import { type HttpClient, type HttpResponse, parseJson } from "@fallthrough/core/provider";

/** The JSON of an answer, also where PHP printed warnings before it; @throws `empty`, `blocked` for a page, `protocol` */
export async function readJson(http: HttpClient, response: HttpResponse): Promise<unknown> {
  const { status } = response;
  const text = withoutNotices(await response.text());
  if (text === "") throw http.error("empty", "chat answered with an empty body", { status });
  if (text.startsWith("<")) throw http.error("blocked", "chat answered with a page for people", { status });
  return parseJson(text, "chat");
}

const NOTICE = /^(?:<br \/>\s*)?(?:<b>)?(?:PHP )?(?:Warning|Notice|Deprecated)\b/;

/** The JSON is on the last line, behind the warnings that PHP printed first. */
function withoutNotices(text: string): string {
  const body = text.trim();
  if (!NOTICE.test(body)) return body;
  const line = body.slice(body.lastIndexOf("\n") + 1);
  return line.slice(Math.max(0, line.indexOf("{")));
}
