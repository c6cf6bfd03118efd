import type {
  FinishReason,
  JsonObject,
  ResponseFacts,
  StreamPart,
  ToolCall,
  Usage,
} from "../contract/contract.ts";
import { ChatError } from "../errors/chat-error.ts";
import { requestIdOf } from "../http/answer/request-id.ts";
import { type Fields, fieldsOf, listOf, textOf } from "../parts/json.ts";
import { type Cite, type CitedPage, createCitations } from "./citations.ts";
import { isUsualLayout, type LayoutPiece } from "./layout.ts";
import { asOwnData, type Writer } from "./own-data.ts";
import { explainServerError, type ServerFailure } from "./server-failure.ts";
import { completeCall } from "./tool-arguments.ts";

/** Where an answer comes from. */
export interface AnswerSource extends Writer {
  /** The request as messages name it. */
  readonly what: string;
  /** The headers of the answer that may be shown. */
  readonly headers: ResponseFacts["headers"];
  /** Makes the error for a failure that the server reports inside the answer. */
  fail(failure: ServerFailure): ChatError;
}

/** How an answer ended, in the words of its server. */
export interface AnswerEnd {
  /** Why the model stopped; blank where the server told nothing. */
  readonly reason: string;
  /** What this means; `undefined` for a reason that nobody knows. */
  readonly known?: FinishReason | undefined;
  /** The token counts. */
  readonly usage?: Usage | undefined;
  /** The model that answered, not checked yet. */
  readonly model?: unknown;
  /** The id of the answer, not checked yet. @default that of the request, by its headers */
  readonly id?: unknown;
}

/** One answer, as far as it has been read: makes its parts, and notes the order of its pieces for the next request. */
export class AnswerDraft {
  /** Where it comes from. */
  readonly source: AnswerSource;
  /** Where its parts go. */
  parts: StreamPart[] = [];
  private readonly layout: LayoutPiece[] = [];
  /** The place in the layout of the text that has not ended. */
  private openText: number | undefined = undefined;
  /** Calls that are given at the end, because a limit may have cut the last one. */
  private readonly calls: ToolCall[] = [];
  private hasText = false;
  private readonly writeSource: Cite = createCitations();

  constructor(source: AnswerSource) {
    this.source = source;
  }

  /** Adds a piece of the text. */
  addText(delta: string): void {
    if (delta === "") return;
    const { layout } = this;
    this.hasText = true;
    if (this.openText !== layout.length - 1 || this.openText === undefined) {
      this.openText = layout.push(delta.length) - 1;
    } else layout[this.openText] = (layout[this.openText] as number) + delta.length;
    this.parts.push({ type: "text-delta", delta });
  }

  /** Ends the text that is open: what follows is another one. Its fields go back with it; a blank text may have some. */
  endText(fields?: JsonObject): void {
    const place = this.openText;
    this.openText = undefined;
    if (fields === undefined) return;
    if (place === undefined) this.layout.push([0, fields]);
    else this.layout[place] = [this.layout[place] as number, fields];
  }

  /** Adds a piece of a thought. */
  addThought(delta: string): void {
    if (delta !== "") this.parts.push({ type: "reasoning-delta", delta });
  }

  /** Ends a thought with what its server wants back with it; `delta` is its last piece. */
  endThought(data: JsonObject, delta = ""): void {
    this.layout.push("thought");
    this.parts.push({ type: "reasoning-delta", delta, providerData: asOwnData(data, this.source) });
  }

  /** Adds a piece of the arguments of a call. */
  addArguments(id: string, name: string, delta: string): void {
    if (delta !== "") this.parts.push({ type: "tool-call-delta", id, name, delta });
  }

  /** Adds a call whose arguments a limit may have cut: it is given at the end. */
  addCall(call: ToolCall): void {
    this.layout.push("call");
    this.calls.push(call);
  }

  /** Adds a call that came whole, with what its server wants back with it. */
  addWholeCall(call: ToolCall, data: JsonObject = {}): void {
    this.layout.push("call");
    const isPlain = Object.keys(data).length === 0;
    const whole = isPlain ? call : { ...call, providerData: asOwnData(data, this.source) };
    this.parts.push(...completeCall(whole, "told"));
  }

  /** Adds a piece that the contract does not know: the next request has to hold it. */
  addPiece(piece: JsonObject): void {
    this.layout.push(piece);
  }

  /** Adds a page that the answer rests on. */
  cite(page: CitedPage): void {
    this.writeSource(page, this.parts);
  }

  /** The list in this field of an answer that came as one JSON value; @throws `protocol` for an answer without it */
  listOf(value: unknown, field: string): readonly Fields[] {
    const list = fieldsOf(value)[field];
    if (Array.isArray(list)) return listOf(list);
    throw new ChatError("protocol", `${this.source.what} answered JSON without \`${field}\``);
  }

  /** Throws the failure that an answer without text and calls is; `code` is a server's own word for it. */
  failIfBlank(words: string, code = "content_filter"): void {
    if (this.hasText || this.layout.includes("call")) return;
    throw this.source.fail(explainServerError({ message: words, code }));
  }

  /**
   * Adds the parts that end the answer.
   *
   * @throws `protocol` for a call without a name, `interrupted` for a cut one where nobody said why
   */
  finish({ reason, known, usage, model, id }: AnswerEnd): void {
    const { source, calls, layout, parts } = this;
    const end = known === "length" ? "limit" : reason === "" ? "untold" : "told";
    for (const call of calls) parts.push(...completeCall(call, end));
    const isCall = layout.includes("call") && (known === undefined || known === "stop");
    parts.push({
      type: "finish",
      finishReason: isCall ? "tool-calls" : (known ?? "other"),
      rawFinishReason: reason || undefined,
      usage,
      model: textOf(model) || undefined,
      response: { id: textOf(id) || requestIdOf(source.headers ?? {}), headers: source.headers },
      providerData: isUsualLayout(layout) ? undefined : asOwnData({ layout }, source),
    });
  }
}
