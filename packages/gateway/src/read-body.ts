import { parseJson } from "@fallthrough/core/provider";
import type { HttpRequest } from "./exchange-types.ts";
import { Refusal } from "./refusal.ts";

const decoder = new TextDecoder();
const EMPTY = new Uint8Array();

/** The JSON body of a request of at most `limit` bytes; throws a refusal */
export async function readBody(request: HttpRequest, limit: number): Promise<unknown> {
  const { headers } = request;
  const type = headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new Refusal(415, "the `content-type` is another, expected application/json");
  }
  if ((headers.get("content-encoding") ?? "identity").toLowerCase() !== "identity") {
    throw new Refusal(415, "the body is compressed, expected it as it is");
  }
  const text = await readText(request, limit);
  try {
    return parseJson(text, "the body");
  } catch {
    // the parser's own error quotes the body
    throw new Refusal(400, "the body is not valid JSON");
  }
}

async function readText({ headers, body }: HttpRequest, limit: number): Promise<string> {
  if (Number(headers.get("content-length") ?? 0) > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  const [first = EMPTY] = chunks;
  return decoder.decode(chunks.length > 1 ? Buffer.concat(chunks) : first);
}

function tooLarge(limit: number): Refusal {
  return new Refusal(413, `the body is too large, expected at most ${limit} bytes`, {
    code: "body_too_large",
  });
}
