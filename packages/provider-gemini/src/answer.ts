import {
  ChatError,
  type FinishReason,
  type JsonObject,
  type StreamPart,
  type Usage,
} from "@fallthrough/core";
import {
  type AnswerReader,
  type AnswerSource,
  type Cite,
  completeCall,
  countOf,
  createCitations,
  explainServerError,
  fieldsOf,
  parseFailure,
  parseJson,
  requestIdOf,
  type ServerSentEvent,
  textOf,
} from "@fallthrough/core/provider";

/** The field in the data of a message that keeps which pieces of its text are signed. */
export const SIGNED_TEXTS = "signedTexts";

/** A piece of text that carried a signature; an empty one may, at the end of an answer. */
export type SignedText = {
  /** How many characters stand before it. */
  readonly from: number;
  /** How many characters stand before its end. */
  readonly to: number;
  /** The server wants it back with exactly this piece. */
  readonly thoughtSignature: string;
};

type Fields = ReturnType<typeof fieldsOf>;

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

/** A reader for one answer of `generateContent`. */
export function createAnswerReader(source: AnswerSource): AnswerReader {
  return new ContentReader(source);
}

/**
 * A stream has no end marker: an answer is whole where its last event but for counts told why it ended, and the body
 * ended behind it.
 */
class ContentReader implements AnswerReader {
  private readonly source: AnswerSource;
  /** Why the model stopped, in the server's words. */
  private reason = "";
  private model = "";
  private id = "";
  private usage: Fields | undefined = undefined;
  private length = 0;
  private readonly signed: SignedText[] = [];
  private readonly callIds = new Set<string>();
  private readonly cite: Cite = createCitations();

  constructor(source: AnswerSource) {
    this.source = source;
  }

  readEvent({ data }: ServerSentEvent, parts: StreamPart[]): boolean {
    if (data !== "") this.readPieces(parseJson(data, this.source.what), parts);
    return false;
  }

  endStream(parts: StreamPart[]): void {
    // without a reason it was cut, which core tells
    if (this.reason !== "") this.end(parts);
  }

  /** A server that knows no events answers one list of what they would hold. */
  readWhole(value: unknown, parts: StreamPart[]): void {
    this.readPieces(value, parts);
    if (this.reason === "") {
      throw new ChatError("protocol", `${this.source.what} answered JSON without a \`finishReason\``);
    }
    this.end(parts);
  }

  /** A failure may be a list of one in an event, too. */
  private readPieces(value: unknown, parts: StreamPart[]): void {
    for (const piece of Array.isArray(value) ? value : [value]) this.read(fieldsOf(piece), parts);
  }

  private read(fields: Fields, parts: StreamPart[]): void {
    const failure = parseFailure(fields);
    if (failure !== undefined) throw this.source.fail(failure);
    const { candidates, promptFeedback, usageMetadata, modelVersion, responseId } = fields;
    this.model ||= textOf(modelVersion);
    this.id ||= textOf(responseId);
    if (typeof usageMetadata === "object" && usageMetadata !== null) this.usage = fieldsOf(usageMetadata);
    const { blockReason, blockReasonMessage } = fieldsOf(promptFeedback);
    if (textOf(blockReason) !== "") this.refuse(`blockReason ${blockReason}`, blockReasonMessage);
    for (const candidate of Array.isArray(candidates) ? candidates : []) {
      this.readCandidate(fieldsOf(candidate), parts);
    }
  }

  private readCandidate(candidate: Fields, parts: StreamPart[]): void {
    const { index, content, finishReason, finishMessage, groundingMetadata, citationMetadata } = candidate;
    // a second answer, which nobody can have asked for but with `extraBody`
    if (typeof index === "number" && index > 0) return;
    for (const part of listOf(fieldsOf(content)["parts"])) this.readPart(part, parts);
    const chunks = listOf(fieldsOf(groundingMetadata)["groundingChunks"]).map(({ web }) => fieldsOf(web));
    const { citations, citationSources } = fieldsOf(citationMetadata);
    for (const { uri: url, title } of [...chunks, ...listOf(citations ?? citationSources)]) {
      this.cite({ url, title }, parts);
    }
    const reason = textOf(finishReason);
    if (reason === "" || reason === NO_REASON) return;
    this.reason = reason;
    const words = textOf(finishMessage) || `finishReason ${reason}`;
    const isMissing = reason === MISSING_SIGNATURE;
    if (!isMissing && !FAILED_REASONS.includes(reason)) {
      if (known(reason) === "content-filter") this.refuse(`finishReason ${reason}`, finishMessage);
      return;
    }
    const failure = explainServerError({ message: words });
    // the history was put together in the wrong way
    throw this.source.fail(isMissing ? { ...failure, codeInside: "protocol" } : failure);
  }

  private readPart(part: Fields, parts: StreamPart[]): void {
    const { text, thought, functionCall, thoughtSignature } = part;
    const signature = textOf(thoughtSignature);
    const delta = textOf(text);
    const { provider } = this.source;
    if (functionCall !== undefined) {
      this.readCall(fieldsOf(functionCall), signature, parts);
    } else if (thought === true) {
      const data = { [provider]: { thoughtSignature: signature } };
      if (signature !== "") parts.push({ type: "reasoning-delta", delta, providerData: data });
      else if (delta !== "") parts.push({ type: "reasoning-delta", delta });
    } else {
      const from = this.length;
      this.length += delta.length;
      if (delta !== "") parts.push({ type: "text-delta", delta });
      if (signature !== "") this.signed.push({ from, to: this.length, thoughtSignature: signature });
    }
  }

  private readCall({ id, name, args }: Fields, signature: string, parts: StreamPart[]): void {
    const given = textOf(id);
    const own = given === "" || this.callIds.has(given) ? `call_${crypto.randomUUID()}` : given;
    this.callIds.add(own);
    const data: JsonObject = {
      ...(given === "" ? {} : { id: given }),
      ...(signature === "" ? {} : { thoughtSignature: signature }),
    };
    const call = { id: own, name: textOf(name), arguments: JSON.stringify(fieldsOf(args)) };
    const isPlain = Object.keys(data).length === 0;
    parts.push(
      ...completeCall(isPlain ? call : { ...call, providerData: { [this.source.provider]: data } }, "told"),
    );
  }

  /** An answer that was filtered before its first text is none. */
  private refuse(what: string, message: unknown): void {
    if (this.length > 0 || this.callIds.size > 0) return;
    const words = textOf(message) === "" ? what : `${what}: ${message}`;
    throw this.source.fail(explainServerError({ message: words, code: "content_filter" }));
  }

  private end(parts: StreamPart[]): void {
    const { source, reason, signed } = this;
    const { headers = {} } = source;
    const told = known(reason);
    parts.push({
      type: "finish",
      finishReason: told === "stop" && this.callIds.size > 0 ? "tool-calls" : told,
      rawFinishReason: reason,
      usage: parseUsage(this.usage),
      model: this.model || undefined,
      response: { id: this.id || requestIdOf(headers), headers: source.headers },
      providerData: signed.length === 0 ? undefined : { [source.provider]: { [SIGNED_TEXTS]: signed } },
    });
  }
}

function known(reason: string): FinishReason {
  return FINISH_REASONS.get(reason) ?? (reason.startsWith("IMAGE_") ? "content-filter" : "other");
}

/** Thoughts are counted beside the answer, and what tools were given beside the prompt. */
function parseUsage(usage: Fields | undefined): Usage | undefined {
  if (usage === undefined) return undefined;
  const prompt = countOf(usage["promptTokenCount"]);
  const answer = countOf(usage["candidatesTokenCount"]);
  const thoughts = countOf(usage["thoughtsTokenCount"]);
  const tools = countOf(usage["toolUsePromptTokenCount"]) ?? 0;
  return {
    inputTokens: prompt === undefined ? undefined : prompt + tools,
    outputTokens:
      answer === undefined && thoughts === undefined ? undefined : (answer ?? 0) + (thoughts ?? 0),
    totalTokens: countOf(usage["totalTokenCount"]),
    cachedInputTokens: countOf(usage["cachedContentTokenCount"]),
    reasoningTokens: thoughts,
  };
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
