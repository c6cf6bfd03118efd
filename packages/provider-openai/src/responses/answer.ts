import {
  ChatError,
  type FinishReason,
  type JsonObject,
  type ProviderData,
  type StreamPart,
  type ToolCall,
  type Usage,
} from "@fallthrough/core";
import {
  type AnswerReader,
  type AnswerSource,
  type CallsEnd,
  type Cite,
  completeCall,
  countOf,
  createCitations,
  explainServerError,
  fieldsOf,
  isUsualLayout,
  type Layout,
  parseFailure,
  parseJson,
  requestIdOf,
  type ServerSentEvent,
  textOf,
} from "@fallthrough/core/provider";
import { END_MARKER } from "../answer.ts";
import { NOTE } from "../body.ts";
import type { ThoughtNote } from "./note.ts";

type Fields = ReturnType<typeof fieldsOf>;

/** An item of the output, as far as it has come. */
interface Item {
  fields: Fields;
  /** What has been given of its text, its thought or its arguments. */
  given: string;
  isDone: boolean;
}

const REASONS: ReadonlyMap<unknown, FinishReason> = new Map<unknown, FinishReason>([
  ["max_output_tokens", "length"],
  ["content_filter", "content-filter"],
]);

/** A reader for one answer of the Responses API. */
export function createAnswerReader(source: AnswerSource): AnswerReader {
  return new ResponseReader(source);
}

class ResponseReader implements AnswerReader {
  private readonly source: AnswerSource;
  /** By their place in the output. */
  private readonly items = new Map<unknown, Item>();
  private readonly layout: Layout[number][] = [];
  private readonly phases: (string | null)[] = [];
  /** The calls that have come; they are given at the end, because a limit may have cut the last one. */
  private readonly calls: ToolCall[] = [];
  private readonly cite: Cite = createCitations();
  private length = 0;
  private refusal: string | undefined = undefined;
  /** What the server told of the response as a whole. */
  private response: Fields = {};

  constructor(source: AnswerSource) {
    this.source = source;
  }

  readEvent({ data, event }: ServerSentEvent, parts: StreamPart[]): boolean {
    // the marker ends a stream that has told its end before, and none that has not
    if (data === "" || data === END_MARKER) return false;
    const value = parseJson(data, this.source.what);
    const fields = fieldsOf(value);
    const { type = event, response, output_index: index, item, delta, annotation } = fields;
    switch (type) {
      case "response.output_item.added":
        this.open(index, fieldsOf(item));
        break;
      case "response.output_item.done":
        this.close(index, fieldsOf(item), parts);
        break;
      case "response.output_text.delta":
        this.addText(index, textOf(delta), parts);
        break;
      case "response.refusal.delta":
        this.refusal = (this.refusal ?? "") + textOf(delta);
        break;
      case "response.function_call_arguments.delta":
        this.addArguments(index, textOf(delta), parts);
        break;
      case "response.reasoning_summary_part.added":
        // each piece of a summary is a paragraph
        if (this.open(index).given !== "") this.addThought(index, "\n\n", parts);
        break;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
      case "response.reasoning.delta":
        this.addThought(index, textOf(delta), parts);
        break;
      case "response.output_text.annotation.added":
        this.cite(fieldsOf(annotation), parts);
        break;
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
      case "response.cancelled":
        this.end({ ...fieldsOf(response), status: type.slice("response.".length) }, parts);
        return true;
      default: {
        const failure = parseFailure(value);
        if (failure !== undefined) throw this.source.fail(failure);
        this.response = { ...this.response, ...fieldsOf(response) };
      }
    }
    return false;
  }

  readWhole(value: unknown, parts: StreamPart[]): void {
    const fields = fieldsOf(value);
    const failure = parseFailure(value);
    if (failure !== undefined) throw this.source.fail(failure);
    if (!Array.isArray(fields["output"])) {
      throw new ChatError("protocol", `${this.source.what} answered JSON without \`output\``);
    }
    this.end(fields, parts);
  }

  private open(index: unknown, fields: Fields = {}): Item {
    const known = this.items.get(index);
    if (known !== undefined) {
      known.fields = { ...known.fields, ...fields };
      return known;
    }
    const item = { fields, given: "", isDone: false };
    this.items.set(index, item);
    return item;
  }

  /** Gives what an item holds and its events did not, and keeps what the next request needs of it. */
  private close(index: unknown, fields: Fields, parts: StreamPart[]): void {
    const item = this.open(index, fields);
    if (item.isDone) return;
    item.isDone = true;
    const { type, content, phase, call_id, name, arguments: text, ...rest } = item.fields;
    switch (type) {
      case "message": {
        this.layout.push(0);
        this.phases.push(typeof phase === "string" ? phase : null);
        const isNew = item.given === "";
        const start = this.length;
        for (const piece of listOf(content)) this.readContent(index, piece, isNew, parts);
        this.layout[this.layout.length - 1] = isNew ? this.length - start : item.given.length;
        return;
      }
      case "reasoning":
        this.closeThought(index, item, parts);
        return;
      case "function_call": {
        const whole = textOf(text) || item.given;
        if (item.given === "") this.addArguments(index, whole, parts);
        this.layout.push("call");
        this.calls.push({ id: this.callIdOf(item), name: textOf(name), arguments: whole });
        return;
      }
      case undefined:
        return;
      default:
        // of a tool that the server itself runs: the next request has to hold it
        this.layout.push({ type, content, phase, call_id, name, arguments: text, ...rest } as JsonObject);
    }
  }

  private readContent(index: unknown, piece: Fields, isNew: boolean, parts: StreamPart[]): void {
    const { type, text, refusal, annotations } = piece;
    if (type === "refusal") this.refusal ||= textOf(refusal);
    else if (isNew) this.addText(index, textOf(text), parts);
    for (const annotation of listOf(annotations)) this.cite(annotation, parts);
  }

  private closeThought(index: unknown, item: Item, parts: StreamPart[]): void {
    const { id, encrypted_content, content, summary } = item.fields;
    const pieces = listOf(summary);
    if (item.given === "") {
      const told = (pieces.length > 0 ? pieces : listOf(content)).map(({ text }) => textOf(text));
      this.addThought(index, told.join("\n\n"), parts);
    }
    const note: ThoughtNote = {
      ...(textOf(id) === "" ? {} : { id: textOf(id) }),
      ...(textOf(encrypted_content) === "" ? {} : { encrypted_content: textOf(encrypted_content) }),
      ...(listOf(content).length === 0 ? {} : { content: content as JsonObject[] }),
      ...(pieces.length === 1 ? {} : { summary: pieces as JsonObject[] }),
    };
    this.layout.push("thought");
    parts.push({ type: "reasoning-delta", delta: "", providerData: this.dataOf(note) });
  }

  private addText(index: unknown, delta: string, parts: StreamPart[]): void {
    if (delta === "") return;
    this.open(index).given += delta;
    this.length += delta.length;
    parts.push({ type: "text-delta", delta });
  }

  private addThought(index: unknown, delta: string, parts: StreamPart[]): void {
    if (delta === "") return;
    this.open(index).given += delta;
    parts.push({ type: "reasoning-delta", delta });
  }

  private addArguments(index: unknown, delta: string, parts: StreamPart[]): void {
    if (delta === "") return;
    const item = this.open(index);
    item.given += delta;
    parts.push({
      type: "tool-call-delta",
      id: this.callIdOf(item),
      name: textOf(item.fields["name"]),
      delta,
    });
  }

  /** Its own where the server gives none. */
  private callIdOf(item: Item): string {
    const id = textOf(item.fields["call_id"]) || `call_${crypto.randomUUID()}`;
    item.fields = { ...item.fields, call_id: id };
    return id;
  }

  private end(last: Fields, parts: StreamPart[]): void {
    const response = { ...this.response, ...last };
    const { status, error, incomplete_details, output, usage, model, id } = response;
    if (status !== "completed" && status !== "incomplete") {
      throw this.source.fail(explainServerError({ message: `status ${status}`, ...fieldsOf(error) }));
    }
    for (const [index, item] of listOf(output).entries()) this.close(index, item, parts);
    for (const [index, item] of this.items) this.close(index, item.fields, parts);
    const { source, calls, layout, phases } = this;
    const reason = textOf(fieldsOf(incomplete_details)["reason"]);
    const known = status === "completed" ? "stop" : (REASONS.get(reason) ?? "other");
    this.checkBlank(reason);
    const end: CallsEnd = known === "length" ? "limit" : "told";
    for (const call of calls) parts.push(...completeCall(call, end));
    const hasNote = !isUsualLayout(layout) || phases.some((phase) => phase !== null);
    const { headers = {} } = source;
    parts.push({
      type: "finish",
      finishReason: this.reasonOf(known),
      rawFinishReason: reason || textOf(status),
      usage: parseUsage(usage),
      model: textOf(model) || undefined,
      response: { id: textOf(id) || requestIdOf(headers), headers: source.headers },
      providerData: hasNote ? this.dataOf({ layout, phases }) : undefined,
    });
  }

  private reasonOf(known: FinishReason): FinishReason {
    if (this.refusal !== undefined) return "content-filter";
    return known === "stop" && this.calls.length > 0 ? "tool-calls" : known;
  }

  /** An answer that was refused or filtered before its first text is none. */
  private checkBlank(reason: string): void {
    if (this.length > 0 || this.calls.length > 0) return;
    const words = this.refusal ?? (reason === "content_filter" ? `incomplete: ${reason}` : undefined);
    if (words === undefined) return;
    throw this.source.fail(explainServerError({ message: words, code: "content_filter" }));
  }

  private dataOf(note: object): ProviderData {
    return { [this.source.provider]: { [NOTE]: note as JsonObject } };
  }
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function parseUsage(value: unknown): Usage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { input_tokens, output_tokens, total_tokens, input_tokens_details, output_tokens_details } =
    fieldsOf(value);
  return {
    inputTokens: countOf(input_tokens),
    outputTokens: countOf(output_tokens),
    totalTokens: countOf(total_tokens),
    cachedInputTokens: countOf(fieldsOf(input_tokens_details)["cached_tokens"]),
    reasoningTokens: countOf(fieldsOf(output_tokens_details)["reasoning_tokens"]),
  };
}
