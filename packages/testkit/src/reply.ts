import { splitAnswer } from "./answer.ts";
import { type Exchanged, exchangeBytes, exchangeText } from "./exchanged.ts";
import type { RecordedResponse } from "./recording.ts";

/** What a stand-in answers to one request. */
export interface Reply {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The body, as it is framed on the wire. */
  readonly chunks: readonly Buffer[];
  /** Set on the answer to a question: a connection that is cut ends behind so many chunks. */
  readonly cutAfter?: number | undefined;
}

/** Seconds that a client is asked to wait by a stand-in that limits it. */
export const RETRY_AFTER = "30";

/** A recorded answer with some of its texts exchanged; the server writes a date of its own. */
export function recordedReply(response: RecordedResponse, exchanged: Exchanged = []): Reply {
  const chunks = response.chunks.map((chunk) => exchangeBytes(chunk, exchanged));
  const length = `${Buffer.concat(chunks).length}`;
  const fields = response.fields
    .filter(([name]) => name.toLowerCase() !== "date")
    .map(
      ([name, value]) =>
        [name, name.toLowerCase() === "content-length" ? length : exchangeText(value, exchanged)] as const,
    );
  return { status: response.status, reason: response.reason, fields, chunks };
}

/** Writes the answer into the places of a reply where `slot` finds the recorded one, a piece into each. */
export function fillAnswer(
  reply: Reply,
  slot: RegExp,
  answer: string,
  encode: (text: string) => string = JSON.stringify,
): Reply {
  const texts = reply.chunks.map((chunk) => chunk.toString("utf8"));
  const slots = texts.flatMap((text, index) => (slot.test(text) ? [index] : []));
  const pieces = splitAnswer(answer, slots.length);
  const chunks = texts.map((text, index) => {
    const piece = pieces[slots.indexOf(index)];
    return Buffer.from(piece === undefined ? text : text.replace(slot, () => encode(piece)));
  });
  return { ...reply, chunks, cutAfter: (slots[Math.floor(slots.length / 2)] ?? 0) + 1 };
}

/** A string as PHP's `json_encode` writes it. */
export function phpString(text: string): string {
  const escaped = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return phpStreamString(text).replace(/[^\x20-\x7e]/g, escaped);
}

/** A string as PHP's `json_encode` writes it when it leaves other scripts as they are. */
export function phpStreamString(text: string): string {
  return JSON.stringify(text).replaceAll("/", "\\/");
}

/** A JSON answer that no recording shows. */
export function jsonReply(value: unknown, status: number = 200, headers: Record<string, string> = {}): Reply {
  return bodyReply(JSON.stringify(value), "application/json", status, headers);
}

/** An answer of any type that no recording shows. */
export function bodyReply(
  body: string,
  contentType: string,
  status: number = 200,
  headers: Record<string, string> = {},
): Reply {
  const chunk = Buffer.from(body);
  const fields = { "Content-Type": contentType, "Content-Length": `${chunk.length}`, ...headers };
  return { status, fields: Object.entries(fields), chunks: [chunk] };
}
