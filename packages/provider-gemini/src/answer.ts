import { ChatError, type FinishReason } from "@fallthrough/core";
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

const FINISH_REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["CONTINUATION", "length"],
  ["SAFETY", "content-filter"],
  ["RECITATION", "content-filter"],
  ["BLOCKLIST", "content-filter"],
  ["PROHIBITED_CONTENT", "content-filter"],
  ["SPII", "content-filter"],
  ["MODEL_ARMOR", "content-filter"],
]);
/** These say that the answer cannot be used: the model wrote what its server could not read. */
const FAILED_REASONS: readonly string[] = [
  "MALFORMED_FUNCTION_CALL",
  "UNEXPECTED_TOOL_CALL",
  "TOO_MANY_TOOL_CALLS",
  "MALFORMED_RESPONSE",
];
const MISSING_SIGNATURE = "MISSING_THOUGHT_SIGNATURE";
const NO_REASON = "FINISH_REASON_UNSPECIFIED";
/** Thoughts are counted beside the answer, and what tools were given beside the prompt. */
const USAGE: UsageForm = {
  inputTokens: ["promptTokenCount", "toolUsePromptTokenCount"],
  outputTokens: ["candidatesTokenCount", "thoughtsTokenCount"],
  totalTokens: ["totalTokenCount"],
  cachedInputTokens: ["cachedContentTokenCount"],
  reasoningTokens: ["thoughtsTokenCount"],
};

/**
 * Reads one answer of `generateContent`.
 *
 * A stream has no end marker: an answer is whole if its last event but for counts said why it ended, and the body
 * ended behind it.
 */
export class ContentReader implements AnswerReader {
  private readonly draft: AnswerDraft;
  /** Why the model stopped, in the server's words. */
  private reason = "";
  /** What the server told beside the answer: its id, its model, the token counts. */
  private told: Fields = {};
  private readonly callIds = new Set<string>();

  constructor(draft: AnswerDraft) {
    this.draft = draft;
  }

  /** Each event is a response of its own, with the next pieces of the answer. */
  readEvent({ candidates, promptFeedback, ...told }: Fields): boolean {
    this.told = { ...this.told, ...told };
    const { blockReason, blockReasonMessage } = fieldsOf(promptFeedback);
    if (textOf(blockReason) !== "") this.refuse(`blockReason ${blockReason}`, blockReasonMessage);
    for (const candidate of listOf(candidates)) this.readCandidate(candidate);
    return false;
  }

  /** Ends the answer where the last event said why. */
  endStream(): void {
    // without a reason it was cut, which core reports
    if (this.reason === "") return;
    const { usageMetadata, modelVersion: model, responseId: id } = this.told;
    const { reason } = this;
    this.draft.finish({ reason, known: known(reason), usage: readUsage(usageMetadata, USAGE), model, id });
  }

  /** A server that knows no events answers one list of what they would hold. */
  readWhole(value: unknown): void {
    for (const piece of Array.isArray(value) ? value : [value]) this.readEvent(fieldsOf(piece));
    if (this.reason === "") {
      throw new ChatError("protocol", `${this.draft.source.what} answered JSON without a \`finishReason\``);
    }
    this.endStream();
  }

  private readCandidate(candidate: Fields): void {
    const { index, content, finishReason, finishMessage, groundingMetadata, citationMetadata } = candidate;
    // a second answer, which nobody can have asked for but with `extraBody`
    if (typeof index === "number" && index > 0) return;
    for (const part of listOf(fieldsOf(content)["parts"])) this.readPart(part);
    const chunks = listOf(fieldsOf(groundingMetadata)["groundingChunks"]).map(({ web }) => fieldsOf(web));
    const { citations, citationSources } = fieldsOf(citationMetadata);
    for (const { uri: url, title } of [...chunks, ...listOf(citations ?? citationSources)]) {
      this.draft.cite({ url, title });
    }
    const reason = textOf(finishReason);
    if (reason !== "" && reason !== NO_REASON) this.readReason(reason, finishMessage);
  }

  private readReason(reason: string, message: unknown): void {
    this.reason = reason;
    const isMissing = reason === MISSING_SIGNATURE;
    if (known(reason) === "content-filter") this.refuse(`finishReason ${reason}`, message);
    if (!isMissing && !FAILED_REASONS.includes(reason)) return;
    const failure = explainServerError({ message: textOf(message) || `finishReason ${reason}` });
    // the history was put together in the wrong way
    throw this.draft.source.fail(isMissing ? { ...failure, codeInside: "protocol" } : failure);
  }

  private readPart({ text, thought, functionCall, thoughtSignature: signature }: Fields): void {
    const { draft } = this;
    const delta = textOf(text);
    const data = textOf(signature) === "" ? undefined : { thoughtSignature: textOf(signature) };
    if (functionCall !== undefined) this.readCall(fieldsOf(functionCall), data);
    else if (thought === true) {
      if (data === undefined) draft.addThought(delta);
      else draft.endThought(data, delta);
    } else if (data === undefined) draft.addText(delta);
    else {
      // the server wants the signature back with exactly this piece
      draft.endText();
      draft.addText(delta);
      draft.endText(data);
    }
  }

  private readCall({ id, name, args }: Fields, data: object | undefined): void {
    const given = textOf(id);
    const own = given === "" || this.callIds.has(given) ? `call_${crypto.randomUUID()}` : given;
    this.callIds.add(own);
    const call = { id: own, name: textOf(name), arguments: JSON.stringify(fieldsOf(args)) };
    this.draft.addWholeCall(call, { ...(given === "" ? {} : { id: given }), ...data });
  }

  private refuse(what: string, message: unknown): void {
    this.draft.failIfBlank(textOf(message) === "" ? what : `${what}: ${message}`);
  }
}

function known(reason: string): FinishReason {
  return FINISH_REASONS.get(reason) ?? (reason.startsWith("IMAGE_") ? "content-filter" : "other");
}
