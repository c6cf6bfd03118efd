import type { FinishReason, JsonObject } from "@fallthrough/core";
import {
  type AnswerDraft,
  type AnswerReader,
  type Fields,
  fieldsOf,
  parseJson,
  readUsage,
  textOf,
  type UsageForm,
} from "@fallthrough/core/provider";

/** A block that has begun; `json` is the arguments of its call, as far as they have come. */
type Block = Record<string, unknown>;

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
/** The server counts what it read from its cache, and what it wrote there, beside the rest of the request. */
const USAGE: UsageForm = {
  inputTokens: ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"],
  outputTokens: ["output_tokens"],
  cachedInputTokens: ["cache_read_input_tokens"],
  reasoningTokens: ["output_tokens_details.thinking_tokens"],
};

/** Reads one answer of the Messages API. */
export class MessageReader implements AnswerReader {
  private readonly draft: AnswerDraft;
  /** The blocks that are open, by their index. */
  private readonly blocks = new Map<unknown, Block>();
  /** What the server said about the message as a whole: its id, its model, why it ended. */
  private message: Fields = {};
  /** The token counts, of which the later ones replace the earlier ones. */
  private readonly usage: Record<string, unknown> = {};

  constructor(draft: AnswerDraft) {
    this.draft = draft;
  }

  /** The text of a delta, the only event that comes by the thousand. */
  textOf({ type, delta }: Fields): string | undefined {
    const { type: kind, text } = fieldsOf(delta);
    return type === "content_block_delta" && kind === "text_delta" ? textOf(text) : undefined;
  }

  /** A ping, or an event of a later version, says nothing. */
  readEvent(fields: Fields, name: string): boolean {
    const { type = name, index, message, content_block, delta, usage } = fields;
    if (type === "message_start") this.readMessage(fieldsOf(message));
    else if (type === "content_block_start") this.openBlock(index, fieldsOf(content_block));
    else if (type === "content_block_delta") this.readDelta(index, fieldsOf(delta));
    else if (type === "content_block_stop") this.closeBlock(index);
    else if (type === "message_delta") this.readMessage({ ...fieldsOf(delta), usage });
    else if (type === "message_stop") this.end();
    return type === "message_stop";
  }

  /** Reads a message that came as one JSON value. */
  readWhole(value: unknown): void {
    const content = this.draft.listOf(value, "content");
    this.readMessage(fieldsOf(value));
    for (const [index, block] of content.entries()) {
      this.openBlock(index, block);
      this.closeBlock(index);
    }
    this.end();
  }

  private readMessage({ usage, ...message }: Fields): void {
    this.message = { ...this.message, ...message };
    for (const [name, count] of Object.entries(fieldsOf(usage))) {
      if (count !== null) this.usage[name] = count;
    }
  }

  private openBlock(index: unknown, fields: Fields): void {
    const { type, text, thinking, id } = fields;
    const given = textOf(id) || `toolu_${crypto.randomUUID()}`;
    this.blocks.set(index, type === "tool_use" ? { ...fields, id: given } : { ...fields });
    if (type === "text") this.draft.addText(textOf(text));
    if (type === "thinking") this.draft.addThought(textOf(thinking));
  }

  private readDelta(index: unknown, { type, thinking, signature, partial_json, citation }: Fields): void {
    const block = this.blocks.get(index) ?? {};
    const { type: kind, id, name, json, signature: known } = block;
    if (type === "thinking_delta") this.draft.addThought(textOf(thinking));
    if (type === "citations_delta") this.draft.cite(fieldsOf(citation));
    if (type === "signature_delta") block["signature"] = textOf(known) + textOf(signature);
    if (type !== "input_json_delta") return;
    block["json"] = textOf(json) + textOf(partial_json);
    if (kind === "tool_use") this.draft.addArguments(textOf(id), textOf(name), textOf(partial_json));
  }

  private closeBlock(index: unknown): void {
    const { draft, blocks } = this;
    const { json = "", ...fields } = blocks.get(index) ?? { type: "text" };
    blocks.delete(index);
    const { type, id, signature, data, name, input } = fields;
    if (type === "thinking") draft.endThought({ signature: textOf(signature) });
    else if (type === "redacted_thinking") draft.endThought({ redacted_thinking: textOf(data) });
    else if (type === "tool_use") {
      const whole = textOf(json) || JSON.stringify(fieldsOf(input));
      draft.addCall({ id: textOf(id), name: textOf(name), arguments: whole });
    } else if (type !== "text") {
      // of a tool that the server itself runs
      const whole = json === "" ? {} : { input: parseJson(textOf(json), draft.source.what) };
      draft.addPiece({ ...fields, ...whole } as JsonObject);
    }
  }

  private end(): void {
    const { draft, blocks } = this;
    for (const index of [...blocks.keys()]) this.closeBlock(index);
    const { stop_reason, stop_details, model, id } = this.message;
    const reason = textOf(stop_reason);
    const told = `stop_reason ${reason}`;
    if (reason === "refusal") draft.failIfBlank(textOf(fieldsOf(stop_details)["explanation"]) || told);
    if (reason === "model_context_window_exceeded") draft.failIfBlank(told, "context_length_exceeded");
    const known = FINISH_REASONS.get(reason);
    draft.finish({ reason, known, usage: readUsage(this.usage, USAGE), model, id });
  }
}
