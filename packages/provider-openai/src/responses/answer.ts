import type { FinishReason, JsonObject } from "@fallthrough/core";
import {
  type AnswerDraft,
  type AnswerReader,
  explainServerError,
  type Fields,
  fieldsOf,
  listOf,
  readUsage,
  textOf,
  type UsageForm,
} from "@fallthrough/core/provider";

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

const USAGE: UsageForm = {
  inputTokens: ["input_tokens"],
  outputTokens: ["output_tokens"],
  totalTokens: ["total_tokens"],
  cachedInputTokens: ["input_tokens_details.cached_tokens"],
  reasoningTokens: ["output_tokens_details.reasoning_tokens"],
};

/** Reads one answer of the Responses API. */
export class ResponseReader implements AnswerReader {
  private readonly draft: AnswerDraft;
  /** By their place in the output. */
  private readonly items = new Map<unknown, Item>();
  private refusal: string | undefined = undefined;
  /** What the server said about the response as a whole. */
  private response: Fields = {};

  constructor(draft: AnswerDraft) {
    this.draft = draft;
  }

  readEvent(fields: Fields, name: string): boolean {
    const { type = name, response, output_index: index, item, delta, annotation } = fields;
    switch (type) {
      case "response.output_item.added":
        this.open(index, fieldsOf(item));
        break;
      case "response.output_item.done":
        this.close(index, fieldsOf(item));
        break;
      case "response.output_text.delta":
        this.addText(index, textOf(delta));
        break;
      case "response.refusal.delta":
        this.refusal = (this.refusal ?? "") + textOf(delta);
        break;
      case "response.function_call_arguments.delta":
        this.addArguments(index, textOf(delta));
        break;
      case "response.reasoning_summary_part.added":
        // each piece of a summary is a paragraph
        if (this.open(index).given !== "") this.addThought(index, "\n\n");
        break;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
      case "response.reasoning.delta":
        this.addThought(index, textOf(delta));
        break;
      case "response.output_text.annotation.added":
        this.draft.cite(fieldsOf(annotation));
        break;
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
      case "response.cancelled":
        this.end({ ...fieldsOf(response), status: type.slice("response.".length) });
        return true;
      default:
        this.response = { ...this.response, ...fieldsOf(response) };
    }
    return false;
  }

  readWhole(value: unknown): void {
    this.draft.listOf(value, "output");
    this.end(fieldsOf(value));
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
  private close(index: unknown, fields: Fields): void {
    const { draft } = this;
    const item = this.open(index, fields);
    if (item.isDone) return;
    item.isDone = true;
    const { type, phase, name, arguments: text } = item.fields;
    switch (type) {
      case "message": {
        this.readContent(index, item);
        draft.endText(item.given !== "" && typeof phase === "string" ? { phase } : undefined);
        return;
      }
      case "reasoning":
        this.closeThought(index, item);
        return;
      case "function_call": {
        const whole = textOf(text) || item.given;
        if (item.given === "") this.addArguments(index, whole);
        draft.addCall({ id: callIdOf(item), name: textOf(name), arguments: whole });
        return;
      }
      case undefined:
        return;
      default:
        // of a tool that the server itself runs
        draft.addPiece(item.fields as JsonObject);
    }
  }

  private readContent(index: unknown, { given, fields }: Item): void {
    for (const { type, text, refusal, annotations } of listOf(fields["content"])) {
      if (type === "refusal") this.refusal ||= textOf(refusal);
      else if (given === "") this.addText(index, textOf(text));
      for (const annotation of listOf(annotations)) this.draft.cite(annotation);
    }
  }

  /** The item goes back as it was named, with all of the thought, and with its summary where this is not one text. */
  private closeThought(index: unknown, { given, fields }: Item): void {
    const { id, encrypted_content, content, summary } = fields;
    const pieces = listOf(summary);
    if (given === "") {
      const told = (pieces.length > 0 ? pieces : listOf(content)).map(({ text }) => textOf(text));
      this.addThought(index, told.join("\n\n"));
    }
    this.draft.endThought({
      ...(textOf(id) === "" ? {} : { id: textOf(id) }),
      ...(textOf(encrypted_content) === "" ? {} : { encrypted_content: textOf(encrypted_content) }),
      ...(listOf(content).length === 0 ? {} : { content: content as JsonObject[] }),
      ...(pieces.length === 1 ? {} : { summary: pieces as JsonObject[] }),
    });
  }

  private addText(index: unknown, delta: string): void {
    this.open(index).given += delta;
    this.draft.addText(delta);
  }

  private addThought(index: unknown, delta: string): void {
    this.open(index).given += delta;
    this.draft.addThought(delta);
  }

  private addArguments(index: unknown, delta: string): void {
    const item = this.open(index);
    item.given += delta;
    this.draft.addArguments(callIdOf(item), textOf(item.fields["name"]), delta);
  }

  private end(last: Fields): void {
    const { draft, refusal } = this;
    const response = { ...this.response, ...last };
    const { status, error, incomplete_details, output, usage, model, id } = response;
    if (status !== "completed" && status !== "incomplete") {
      throw draft.source.fail(explainServerError({ message: `status ${status}`, ...fieldsOf(error) }));
    }
    for (const [index, item] of listOf(output).entries()) this.close(index, item);
    for (const [index, item] of this.items) this.close(index, item.fields);
    const reason = textOf(fieldsOf(incomplete_details)["reason"]);
    const words = refusal ?? (reason === "content_filter" ? `incomplete: ${reason}` : undefined);
    if (words !== undefined) draft.failIfBlank(words);
    const told = status === "completed" ? "stop" : (REASONS.get(reason) ?? "other");
    draft.finish({
      reason: reason || textOf(status),
      known: refusal === undefined ? told : "content-filter",
      usage: readUsage(usage, USAGE),
      model,
      id,
    });
  }
}

/** Its own where the server gives none. */
function callIdOf(item: Item): string {
  const id = textOf(item.fields["call_id"]) || `call_${crypto.randomUUID()}`;
  item.fields = { ...item.fields, call_id: id };
  return id;
}
