import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
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

/** The place behind half of the data that events or lines carry, or half of the bytes where there are neither. */
function middleOf(bytes: Buffer, bodyAt: number): number {
  const starts = bytes.toString("latin1").matchAll(/(?<=\n|^)(?:data:|\{)/g);
  const places = [...starts].map(({ 0: { length }, index }) => index + length);
  const place = places.length > 1 ? places[Math.floor(places.length / 2)] : undefined;
  return place ?? bodyAt + Math.ceil((bytes.length - bodyAt) / 2);
}

/** A response with another body, well framed, on a connection that is kept. */
export function withBody({ status, fields, headers }: RecordedResponse, body: string | Uint8Array): Buffer {
  const kept = fields.filter(([name]) => !FRAMING.includes(name.toLowerCase()));
  const chunked = headers["transfer-encoding"] !== undefined;
  return httpResponse({ status, headers: Object.fromEntries(kept), body: chunked ? [body] : body });
}

/** The first half of a body; events and lines are cut between two of them, where nothing looks wrong. */
export function cutBody(response: RecordedResponse): Buffer {
  const { body } = response;
  const cut = middleOf(body, 0);
  const border = BORDERS[formOf(response)];
  const between = border === undefined ? -1 : body.lastIndexOf(border, cut);
  return body.subarray(0, between === -1 ? cut : between + (border?.length ?? 0));
}

/** A body with a field more in each of its JSON objects, and with a comment where it is an event stream. */
export function withUnknownFields(response: RecordedResponse): string | Buffer {
  const { headers, body } = response;
  if (headers["content-encoding"] !== undefined) return body;
  const field = '{"x_conformance":{"nested":[1,null,"text"]},';
  const text = body.toString("utf8");
  switch (formOf(response)) {
    case "events":
      return `: a comment\n\n${text.replace(/^(data: ?)\{(?!\s*\})/gm, `$1${field}`)}`;
    case "lines":
      return text.replace(/^\{(?!\s*\})/gm, field);
    default:
      return text.replace(/^\s*\{(?!\s*\})/, field);
  }
}

/** An error inside an answer with a success status, in the format of the answer. */
export function withErrorInside(response: RecordedResponse): Buffer {
  const error = '{"error":{"message":"the model is overloaded","type":"server_error","code":500}}';
  const form = formOf(response);
  return withBody(
    response,
    form === "events" ? `data: ${error}\n\n` : form === "lines" ? `${error}\n` : error,
  );
}

/** Whether any text may be an answer, because nothing is around it. */
export function isBareText({ headers }: RecordedResponse): boolean {
  return headers["content-type"]?.startsWith("text/plain") ?? false;
}

/** The numbers in a response that stand alone, in its head and in its body. */
export function numbersIn({ headers, body }: RecordedResponse): readonly number[] {
  const decode = DECODERS[headers["content-encoding"] ?? ""];
  const text = [...Object.values(headers), (decode?.(body) ?? body).toString("utf8")].join("\n");
  return [...text.matchAll(/(?<![\w.])\d+(?![\w.])/g)].map(([digits]) => Number(digits));
}

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/** How the body of an answer is divided. */
type Form = "events" | "lines" | "whole";

/** What stands between two of them. */
const BORDERS: Readonly<Record<Form, string | undefined>> = {
  events: "\n\n",
  lines: "\n",
  whole: undefined,
};

function formOf({ headers, body }: RecordedResponse): Form {
  if (headers["content-type"]?.startsWith("text/event-stream")) return "events";
  const lines = body
    .toString("latin1")
    .split("\n")
    .filter((line) => line.trim() !== "");
  return lines.length > 1 && lines.every((line) => /^\{.*\}\r?$/.test(line)) ? "lines" : "whole";
}
