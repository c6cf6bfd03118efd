import { parseJson } from "@fallthrough/core/provider";
import type { OpenCall } from "./calls.ts";
import type { HttpRequest } from "./exchange-types.ts";
import { Refusal } from "./refusal.ts";
import { startTimer } from "./timers.ts";

const decoder = new TextDecoder();
const EMPTY = new Uint8Array();

/** What the body of a request may be. */
export interface BodyLimits {
  /** Bytes of one body. */
  readonly bodyBytes: number;
  /** Milliseconds that a client may send nothing in the middle of a body; `0` for ever. */
  readonly bodyMs: number;
}

/** The JSON body of a request; throws a refusal, also for a client that stops in the middle of it */
export async function readBody(
  request: HttpRequest,
  call: Pick<OpenCall, "signal" | "hold">,
  limits: BodyLimits,
): Promise<unknown> {
  return parseBody(await readBodyText(request, call, limits));
}

/** The text of a JSON body, not parsed yet; throws a refusal */
export async function readBodyText(
  request: HttpRequest,
  call: Pick<OpenCall, "signal" | "hold">,
  limits: BodyLimits,
): Promise<string> {
  const { headers } = request;
  const type = headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new Refusal(415, "the `content-type` is another, expected application/json");
  }
  if ((headers.get("content-encoding") ?? "identity").toLowerCase() !== "identity") {
    throw new Refusal(415, "the body is compressed, expected it as it is");
  }
  return readText(request, call, limits);
}

/** The value of a body's text; throws a refusal */
export function parseBody(text: string): unknown {
  try {
    return parseJson(text, "the body");
  } catch {
    // the parser's own error quotes the body
    throw new Refusal(400, "the body is not valid JSON");
  }
}

async function readText(
  { headers, body }: HttpRequest,
  call: Pick<OpenCall, "signal" | "hold">,
  { bodyBytes, bodyMs }: BodyLimits,
): Promise<string> {
  if (Number(headers.get("content-length") ?? 0) > bodyBytes) throw tooLarge(bodyBytes);
  if (body === null) return "";
  const iterator = body[Symbol.asyncIterator]();
  let giveUp = (_: unknown): void => {};
  const given = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const timer = startTimer(bodyMs, () => giveUp(STALLED));
  const leave = (): void => giveUp(call.signal.reason);
  call.signal.addEventListener("abort", leave);
  const chunks: Uint8Array[] = [];
  let size = 0;
  let whole = false;
  try {
    for (;;) {
      const { done, value } = await Promise.race([iterator.next(), given]);
      if (done) {
        whole = true;
        break;
      }
      timer?.refresh();
      size += value.byteLength;
      if (size > bodyBytes) throw tooLarge(bodyBytes);
      call.hold(value.byteLength);
      chunks.push(value);
    }
  } finally {
    clearTimeout(timer);
    call.signal.removeEventListener("abort", leave);
    // nobody waits for it: a client that stalls may never let it end
    if (!whole) void iterator.return?.()?.catch(() => {});
  }
  const [first = EMPTY] = chunks;
  return decoder.decode(chunks.length > 1 ? Buffer.concat(chunks) : first);
}

const STALLED = new Refusal(408, "the body stopped coming before its end", { code: "body_stalled" });

function tooLarge(limit: number): Refusal {
  return new Refusal(413, `the body is too large, expected at most ${limit} bytes`, {
    code: "body_too_large",
  });
}
