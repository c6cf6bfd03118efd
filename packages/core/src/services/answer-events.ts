import type { StreamPart } from "../contract/contract.ts";
import { type Fields, fieldsOf, parseJson } from "../parts/json.ts";
import type { ServerSentEvent } from "../parts/sse.ts";
import { createFrame, type Frame } from "../parts/text-frame.ts";
import { AnswerDraft, type AnswerSource } from "./answer-draft.ts";
import { explainServerError, parseFailure, type ServerFailure } from "./server-failure.ts";

/** Reads one answer into its draft. What it throws is the failure that the answer turns out to be. */
export interface AnswerReader {
  /** Reads one event, which tells of no failure; gives whether it ended the answer. `name` is that of the event. */
  readEvent(fields: Fields, name: string): boolean;
  /** Reads an answer that came as one JSON value, which tells of no failure. */
  readWhole(value: unknown): void;
  /** Ends an answer whose stream has ended: for protocols without an end marker. */
  endStream?(): void;
  /** The text of an event that gives nothing else; `undefined` for any other. Such events are not read one by one. */
  textOf?(fields: Fields): string | undefined;
}

/** What a server of OpenAI's kind sends last, whichever protocol it speaks. */
const END_MARKER = "[DONE]";

/** The events of one answer, of which nothing has come: its failures are told before a reader sees them. */
export class AnswerEvents {
  private readonly draft: AnswerDraft;
  private readonly reader: AnswerReader;
  /** Most events of a stream differ from the one before in their text alone. */
  private readonly frame: Frame | undefined;

  constructor(source: AnswerSource, read: (draft: AnswerDraft) => AnswerReader) {
    this.draft = new AnswerDraft(source);
    this.reader = read(this.draft);
    this.frame = frameOf(this.reader, source.what);
  }

  /** Adds the parts that one event gives; gives whether it ended the answer. */
  readEvent({ data, event }: ServerSentEvent, parts: StreamPart[]): boolean {
    const { draft, reader, frame } = this;
    const { what } = draft.source;
    if (event === "error") throw draft.source.fail(failureOf(data, what));
    if (data === "" || data === END_MARKER) return false;
    draft.parts = parts;
    const known = frame?.read(data);
    if (known !== undefined) {
      draft.addText(known);
      return false;
    }
    const value = parseJson(data, what);
    // Gemini's failure may be a list of one
    if (Array.isArray(value)) return value.some((item) => this.readFields(fieldsOf(item), event));
    const fields = fieldsOf(value);
    const text = frame === undefined ? undefined : reader.textOf?.(fields);
    if (text === undefined) return this.readFields(fields, event);
    draft.addText(text);
    frame?.learn(data, text);
    return false;
  }

  /** Adds the parts of an answer that came as one JSON value. */
  readWhole(value: unknown, parts: StreamPart[]): void {
    this.draft.parts = parts;
    for (const item of Array.isArray(value) ? value : [value]) this.check(fieldsOf(item));
    this.reader.readWhole(value);
  }

  /** Adds the parts that end an answer whose stream has ended. */
  endStream(parts: StreamPart[]): void {
    this.draft.parts = parts;
    this.reader.endStream?.();
  }

  private readFields(fields: Fields, name: string): boolean {
    this.check(fields);
    return this.reader.readEvent(fields, name);
  }

  private check(fields: Fields): void {
    const failure = parseFailure(fields);
    if (failure !== undefined) throw this.draft.source.fail(failure);
  }
}

function frameOf(reader: AnswerReader, what: string): Frame | undefined {
  if (reader.textOf === undefined) return undefined;
  return createFrame({ textOf: (data) => reader.textOf?.(fieldsOf(parseJson(data, what))) });
}

/** An event of this name is a failure, whatever it holds. */
function failureOf(data: string, what: string): ServerFailure {
  const value = data === "" ? undefined : parseJson(data, what);
  return parseFailure(value) ?? explainServerError(fieldsOf(value));
}
