import {
  ChatError,
  type FinishReason,
  type JsonObject,
  type StreamPart,
  type ToolCall,
  type Usage,
} from "@fallthrough/core";
import {
  type AnswerReader,
  type AnswerSource,
  type Cite,
  completeCall,
  countOf,
  createCitations,
  createFrame,
  explainServerError,
  type Frame,
  fieldsOf,
  isUsualLayout,
  type Layout,
  parseFailure,
  parseJson,
  requestIdOf,
  type ServerSentEvent,
  textOf,
} from "@fallthrough/core/provider";
import { LAYOUT } from "./body.ts";

type Fields = ReturnType<typeof fieldsOf>;

/** A block that has begun; `text` is its thoughts, or the arguments of its call. */
interface Block {
  readonly fields: Fields;
  readonly id: string;
  text: string;
  signature: string;
}

const FINISH_REASONS: ReadonlyMap<unknown, FinishReason> = new Map<unknown, FinishReason>([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  // the server wants to be asked to go on
  ["pause_turn", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool-calls"],
  ["refusal", "content-filter"],
]);

/** A reader for one answer of the Messages API. */
export function createAnswerReader(source: AnswerSource): AnswerReader {
  return new MessageReader(source);
}

class MessageReader implements AnswerReader {
  private readonly source: AnswerSource;
  /** The blocks that are open, by their index. */
  private readonly blocks = new Map<unknown, Block>();
  private readonly layout: Layout[number][] = [];
  private readonly cite: Cite = createCitations();
  /** The calls that are closed; they are given at the end, because a limit may have cut the last one. */
  private readonly calls: ToolCall[] = [];
  /** What the server told of the message as a whole: its id, its model, why it ended. */
  private message: Fields = {};
  /** The token counts, of which the later ones replace the earlier ones. */
  private usage: Fields | undefined = undefined;
  /** Most events of a stream differ from the one before in their text alone. */
  private frame: Frame | undefined = undefined;

  constructor(source: AnswerSource) {
    this.source = source;
  }

  readEvent({ data, event }: ServerSentEvent, parts: StreamPart[]): boolean {
    if (data === "") return false;
    const known = this.frame?.read(data);
    if (known !== undefined) {
      this.addText(known, parts);
      return false;
    }
    const value = parseJson(data, this.source.what);
    const fields = fieldsOf(value);
    const { type = event, index } = fields;
    switch (type) {
      case "message_start":
        this.readMessage(fieldsOf(fields["message"]));
        return false;
      case "content_block_start":
        this.openBlock(index, fieldsOf(fields["content_block"]), parts);
        return false;
      case "content_block_delta":
        this.readDelta(index, fieldsOf(fields["delta"]), parts, data);
        return false;
      case "content_block_stop":
        this.closeBlock(index, parts);
        return false;
      case "message_delta":
        this.readMessage({ ...fieldsOf(fields["delta"]), usage: fields["usage"] });
        return false;
      case "message_stop":
        this.end(parts);
        return true;
      default: {
        // a ping, an error, or an event of a later version
        const failure = parseFailure(value);
        if (failure !== undefined) throw this.source.fail(failure);
        return false;
      }
    }
  }

  readWhole(value: unknown, parts: StreamPart[]): void {
    const failure = parseFailure(value);
    if (failure !== undefined) throw this.source.fail(failure);
    const { content, ...message } = fieldsOf(value);
    if (!Array.isArray(content)) {
      throw new ChatError("protocol", `${this.source.what} answered JSON without \`content\``);
    }
    this.readMessage(message);
    for (const [index, block] of content.entries()) {
      this.openBlock(index, fieldsOf(block), parts);
      this.closeBlock(index, parts);
    }
    this.end(parts);
  }

  private readMessage({ usage, ...message }: Fields): void {
    this.message = { ...this.message, ...message };
    const counts = Object.entries(fieldsOf(usage)).filter(([, count]) => count !== null);
    if (counts.length > 0) this.usage = { ...this.usage, ...Object.fromEntries(counts) };
  }

  private openBlock(index: unknown, fields: Fields, parts: StreamPart[]): void {
    const { type, text, thinking, signature, id } = fields;
    this.blocks.set(index, {
      fields,
      id: textOf(id) || `toolu_${crypto.randomUUID()}`,
      text: "",
      signature: textOf(signature),
    });
    if (type === "text") this.addText(textOf(text), parts);
    if (type === "thinking") this.readDelta(index, { type: "thinking_delta", thinking }, parts);
  }

  private readDelta(index: unknown, delta: Fields, parts: StreamPart[], data?: string): void {
    const block = this.blocks.get(index);
    switch (delta["type"]) {
      case "text_delta":
        this.addText(textOf(delta["text"]), parts);
        if (data !== undefined) this.learn(data, textOf(delta["text"]));
        return;
      case "thinking_delta": {
        const thought = textOf(delta["thinking"]);
        if (thought !== "") parts.push({ type: "reasoning-delta", delta: thought });
        return;
      }
      case "signature_delta":
        if (block !== undefined) block.signature += textOf(delta["signature"]);
        return;
      case "input_json_delta": {
        const piece = textOf(delta["partial_json"]);
        if (block === undefined || piece === "") return;
        block.text += piece;
        const { id, fields } = block;
        if (fields["type"] !== "tool_use") return;
        parts.push({ type: "tool-call-delta", id, name: textOf(fields["name"]), delta: piece });
        return;
      }
      case "citations_delta": {
        this.cite(fieldsOf(delta["citation"]), parts);
      }
    }
  }

  private closeBlock(index: unknown, parts: StreamPart[]): void {
    const block = this.blocks.get(index);
    if (block === undefined) return;
    this.blocks.delete(index);
    const { id, text, signature, fields } = block;
    switch (fields["type"]) {
      case "text":
        return;
      case "thinking":
        this.addThought({ signature }, parts);
        return;
      case "redacted_thinking":
        this.addThought({ redacted_thinking: textOf(fields["data"]) }, parts);
        return;
      case "tool_use": {
        const whole = text || JSON.stringify(fieldsOf(fields["input"]));
        this.layout.push("call");
        this.calls.push({ id, name: textOf(fields["name"]), arguments: whole });
        return;
      }
      default: {
        // of a tool that the server itself runs: the next request has to hold it
        const input = text === "" ? {} : { input: parseJson(text, this.source.what) };
        this.layout.push({ ...fields, ...input } as JsonObject);
      }
    }
  }

  /** Adds what proves the thought that has come, or stands for it. */
  private addThought(data: JsonObject, parts: StreamPart[]): void {
    this.layout.push("thought");
    parts.push({ type: "reasoning-delta", delta: "", providerData: { [this.source.provider]: data } });
  }

  private addText(delta: string, parts: StreamPart[]): void {
    if (delta === "") return;
    const { layout } = this;
    const last = layout.at(-1);
    if (typeof last === "number") layout[layout.length - 1] = last + delta.length;
    else layout.push(delta.length);
    parts.push({ type: "text-delta", delta });
  }

  private learn(data: string, text: string): void {
    const { what } = this.source;
    this.frame ??= createFrame({
      textOf(other) {
        const { type, delta } = fieldsOf(parseJson(other, what));
        const { type: kind, text: told } = fieldsOf(delta);
        return type === "content_block_delta" && kind === "text_delta" ? textOf(told) : undefined;
      },
    });
    this.frame.learn(data, text);
  }

  private end(parts: StreamPart[]): void {
    for (const index of [...this.blocks.keys()]) this.closeBlock(index, parts);
    const { source, message, layout, calls } = this;
    const reason = textOf(message["stop_reason"]);
    const known = FINISH_REASONS.get(reason);
    const hasContent = calls.length > 0 || layout.some((block) => typeof block === "number");
    if (!hasContent) this.checkBlank(reason);
    const end = known === "length" ? "limit" : reason === "" ? "untold" : "told";
    for (const call of calls) parts.push(...completeCall(call, end));
    const isCall = calls.length > 0 && (known === undefined || known === "stop");
    const { headers = {} } = source;
    parts.push({
      type: "finish",
      finishReason: isCall ? "tool-calls" : (known ?? "other"),
      rawFinishReason: reason || undefined,
      usage: parseUsage(this.usage),
      model: textOf(message["model"]) || undefined,
      response: { id: textOf(message["id"]) || requestIdOf(headers), headers: source.headers },
      providerData: isUsualLayout(layout) ? undefined : { [source.provider]: { [LAYOUT]: layout } },
    });
  }

  /** An answer without text and calls may be a failure. */
  private checkBlank(reason: string): void {
    const told = `stop_reason ${reason}`;
    if (reason === "model_context_window_exceeded") {
      throw this.source.fail(explainServerError({ message: told, code: "context_length_exceeded" }));
    }
    if (reason !== "refusal") return;
    const { explanation } = fieldsOf(this.message["stop_details"]);
    throw this.source.fail(
      explainServerError({ message: textOf(explanation) || told, code: "content_filter" }),
    );
  }
}

/** The server counts what it read from its cache, and what it wrote there, beside the rest of the request. */
function parseUsage(usage: Fields | undefined): Usage | undefined {
  if (usage === undefined) return undefined;
  const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = usage;
  const [rest, output, cached] = [input_tokens, output_tokens, cache_read_input_tokens].map(countOf);
  const input =
    rest === undefined ? undefined : rest + (cached ?? 0) + (countOf(cache_creation_input_tokens) ?? 0);
  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens: input === undefined || output === undefined ? undefined : input + output,
    cachedInputTokens: cached,
    reasoningTokens: countOf(fieldsOf(usage["output_tokens_details"])["thinking_tokens"]),
  };
}
