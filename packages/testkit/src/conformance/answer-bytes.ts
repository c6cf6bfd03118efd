import { httpResponse } from "../http-message.ts";
import { parseRecording, type RecordedResponse } from "../recording.ts";
import { wirePieces } from "../replay.ts";
import type { SuiteExchange } from "./suite.ts";

/** Written by the server for each answer anew. */
const FRAMING = ["content-length", "transfer-encoding", "connection", "date"];

/** The response of an exchange, parsed where it is given as bytes. */
export function responseOf(exchange: SuiteExchange): RecordedResponse {
  const response = exchange instanceof Uint8Array ? exchange : exchange.response;
  const parsed = response instanceof Uint8Array ? parseRecording(response).response : response;
  if (parsed === undefined) throw new Error("the exchange has no response, expected one to play");
  return parsed;
}

/** The bytes of a response as they were recorded. */
export function wireBytes(response: RecordedResponse): Buffer {
  return Buffer.concat(wirePieces(response));
}

/** The start of a response, which ends in the middle of its body, and what follows. */
export function wireStart(response: RecordedResponse): { readonly start: Buffer; readonly rest: Buffer } {
  const bytes = wireBytes(response);
  const cut = middleOf(bytes, bytes.indexOf("\r\n\r\n") + 4);
  return { start: bytes.subarray(0, cut), rest: bytes.subarray(cut) };
}

/** The place behind half of the data that events carry, or half of the bytes where there are no events. */
function middleOf(bytes: Buffer, bodyAt: number): number {
  const places = [...bytes.toString("latin1").matchAll(/(?<=\n|^)data:/g)].map(({ index }) => index);
  const place = places.length > 1 ? places[Math.floor(places.length / 2)] : undefined;
  return place === undefined ? bodyAt + Math.ceil((bytes.length - bodyAt) / 2) : place + "data:".length;
}

/** A response with another body, well framed, on a connection that is kept. */
export function withBody({ status, fields, headers }: RecordedResponse, body: string | Uint8Array): Buffer {
  const kept = fields.filter(([name]) => !FRAMING.includes(name.toLowerCase()));
  const chunked = headers["transfer-encoding"] !== undefined;
  return httpResponse({ status, headers: Object.fromEntries(kept), body: chunked ? [body] : body });
}

/** The first half of a body; events are cut between two of them, where nothing looks wrong. */
export function cutBody({ headers, body }: RecordedResponse): Buffer {
  const cut = middleOf(body, 0);
  const between = isEventStream(headers) ? body.lastIndexOf("\n\n", cut) : -1;
  return body.subarray(0, between === -1 ? cut : between + 2);
}

/** A body with a field more in each of its JSON objects, and with a comment where it is an event stream. */
export function withUnknownFields({ headers, body }: RecordedResponse): string | Buffer {
  if (headers["content-encoding"] !== undefined) return body;
  const field = '{"x_conformance":{"nested":[1,null,"text"]},';
  const text = body.toString("utf8");
  if (isEventStream(headers))
    return `: a comment\n\n${text.replace(/^(data: ?)\{(?!\s*\})/gm, `$1${field}`)}`;
  return text.replace(/^\s*\{(?!\s*\})/, field);
}

/** An error inside an answer with a success status, in the format of the answer. */
export function withErrorInside(response: RecordedResponse): Buffer {
  const error = '{"error":{"message":"the model is overloaded","type":"server_error","code":500}}';
  return withBody(response, isEventStream(response.headers) ? `data: ${error}\n\n` : error);
}

function isEventStream(headers: Readonly<Record<string, string>>): boolean {
  return headers["content-type"]?.startsWith("text/event-stream") ?? false;
}
