import {
  ChatError,
  type FinishReason,
  type JsonObject,
  type ProviderData,
  type ResponseFacts,
  type StreamPart,
  type Usage,
} from "@fallthrough/core";
import {
  type Cite,
  type CitedPage,
  countOf,
  createCitations,
  createFrame,
  explainServerError,
  type Frame,
  fieldsOf,
  parseFailure,
  parseJson,
  requestIdOf,
  type ServerFailure,
  type ServerSentEvent,
} from "@fallthrough/core/provider";
import { REASONING_FIELD, type ReasoningField } from "./body.ts";
import { createReasoningDetails, type ReasoningDetails } from "./reasoning-details.ts";
import { createToolCalls, type ToolCalls } from "./tool-calls.ts";

/** The data of the event that ends a stream. */
export const END_MARKER = "[DONE]";

/** Where answers come from, for all of one instance. */
export interface AnswerSource {
  /** The provider's id: what only this server understands is kept under it. */
  readonly provider: string;
  /** The request as messages name it. */
  readonly what: string;
  /** In which field this server gives its thoughts, once it has given any. */
  reasoningField?: ReasoningField | undefined;
  /** Makes the error for a failure that the server tells of inside an answer. */
  fail(failure: ServerFailure): ChatError;
}

/** What one answer has said beside its parts. */
export interface Answer {
  /** Where it comes from. */
  readonly source: AnswerSource;
  /** The headers of the answer that may be shown. */
  readonly headers: ResponseFacts["headers"];
  /** The answer's id. */
  id: string | undefined;
  /** Whether any text has come. */
  hasText: boolean;
  /** Why the model stopped, in the server's words: the end of an answer where no end marker comes. */
  reason: string | undefined;
  /** The words with which the model refused to answer; blank where it gave none. */
  refusal: string | undefined;
  /** As the server reports it. */
  model: string | undefined;
  /** The token counts as the server sends them, maybe more than once. */
  usage: unknown;
  /** Most answers have none, nor what follows. */
  calls: ToolCalls | undefined;
  /** Where its thoughts came. */
  reasoningField: ReasoningField | undefined;
  /** OpenRouter's thoughts with what proves them. */
  details: ReasoningDetails | undefined;
  /** Gemini's data of the message as a whole. */
  extra: JsonObject | undefined;
  /** The pages that it rests on. */
  cite: Cite | undefined;
  /** Most events of a stream differ from the one before in their text alone. */
  frame: Frame | undefined;
}

/** OpenAI fills its events up with it, so that their lengths do not tell their text. */
const PADDING = "obfuscation";
const FINISH_REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", "stop"],
  ["end_turn", "stop"],
  ["eos", "stop"],
  ["eos_token", "stop"],
  ["stop_sequence", "stop"],
  ["length", "length"],
  ["max_tokens", "length"],
  ["max_output_tokens", "length"],
  ["model_length", "length"],
  ["model_context_window_exceeded", "length"],
  ["content_filter", "content-filter"],
  ["sensitive", "content-filter"],
  ["refusal", "content-filter"],
  // Gemini's own, which its OpenAI end point gives in capitals
  ["safety", "content-filter"],
  ["recitation", "content-filter"],
  ["language", "content-filter"],
  ["blocklist", "content-filter"],
  ["prohibited_content", "content-filter"],
  ["spii", "content-filter"],
  ["image_safety", "content-filter"],
  ["tool_calls", "tool-calls"],
  ["tool_use", "tool-calls"],
  ["function_call", "tool-calls"],
]);
/** These say that the request itself filled the window. */
const WINDOW_REASONS: readonly string[] = ["model_length", "model_context_window_exceeded"];
/** These say that the server gave up, not that the model stopped. */
const FAILED_REASONS: readonly string[] = [
  "error",
  "abort",
  "network_error",
  "insufficient_system_resource",
  "malformed_function_call",
];

/** An answer of which nothing has come. */
export function openAnswer(source: AnswerSource, headers?: ResponseFacts["headers"]): Answer {
  return {
    source,
    headers,
    id: undefined,
    hasText: false,
    reason: undefined,
    refusal: undefined,
    model: undefined,
    usage: undefined,
    calls: undefined,
    reasoningField: undefined,
    details: undefined,
    extra: undefined,
    cite: undefined,
    frame: undefined,
  };
}

/** Adds the parts that one event of a stream gives; @throws the failure that it reports */
export function readEvent(answer: Answer, { data, event }: ServerSentEvent, parts: StreamPart[]): void {
  const { what, fail } = answer.source;
  if (data === "") {
    // an event without data keeps a connection alive
    if (event !== "error") return;
    throw fail(explainServerError({}));
  }
  const delta = event === "error" ? undefined : answer.frame?.read(data);
  if (delta !== undefined) {
    if (delta !== "") parts.push({ type: "text-delta", delta });
    return;
  }
  const value = parseJson(data, what);
  if (event === "error") throw fail(parseFailure(value) ?? explainServerError(fieldsOf(value)));
  const given: StreamPart[] = [];
  const told = read(answer, value, given);
  parts.push(...given);
  const text = told ? undefined : plainText(given);
  if (text === undefined) return;
  answer.frame ??= createFrame({ textOf: (other) => textOf(answer, other), padding: PADDING });
  answer.frame.learn(data, text);
}

/** Adds the parts of an answer that came as one JSON value; @throws the failure that it reports */
export function readWhole(answer: Answer, value: unknown, parts: StreamPart[]): void {
  read(answer, value, parts);
  if (Array.isArray(fieldsOf(value)["choices"])) return;
  throw new ChatError("protocol", `${answer.source.what} answered JSON without \`choices\``);
}

/** Adds the parts that end the answer; @throws the failure that it turns out to be */
export function endAnswer(answer: Answer, parts: StreamPart[]): void {
  const { calls, usage, model, id, headers, reason, refusal, hasText, source } = answer;
  const finishReason = reasonOf(answer);
  if (!hasText && calls === undefined && WINDOW_REASONS.includes(reason ?? "")) {
    throw source.fail(
      explainServerError({ message: `finish_reason ${reason}`, code: "context_length_exceeded" }),
    );
  }
  if (refusal && !hasText)
    throw source.fail(explainServerError({ message: refusal, code: "content_filter" }));
  if (calls !== undefined) {
    const end = finishReason === "length" ? "limit" : reason === undefined ? "untold" : "told";
    parts.push(...calls.complete(end));
  }
  source.reasoningField = answer.reasoningField ?? source.reasoningField;
  parts.push({
    type: "finish",
    finishReason,
    rawFinishReason: reason,
    usage: parseUsage(usage),
    model,
    response: { id: id ?? (headers === undefined ? undefined : requestIdOf(headers)), headers },
    providerData: dataOf(answer),
  });
}

/** What the server wants back with this answer in the next turn. */
function dataOf({ source, reasoningField, details, extra }: Answer): ProviderData | undefined {
  const data = {
    ...(extra === undefined ? {} : { extra_content: extra }),
    ...(details === undefined ? {} : { reasoning_details: details.complete() }),
    ...(reasoningField === undefined ? {} : { [REASONING_FIELD]: reasoningField }),
  };
  return Object.keys(data).length === 0 ? undefined : { [source.provider]: data };
}

function reasonOf({ refusal, reason, calls }: Answer): FinishReason {
  if (refusal !== undefined) return "content-filter";
  // Gemini says more behind a colon
  const known =
    reason === undefined ? undefined : FINISH_REASONS.get(reason.toLowerCase().split(":", 1)[0] ?? "");
  // where the caller forced a tool, OpenAI itself says "stop"
  if (calls !== undefined && (reason === undefined || known === "stop")) return "tool-calls";
  return known ?? "other";
}

/** Adds the parts of a value; returns whether it said anything else. */
function read(answer: Answer, value: unknown, parts: StreamPart[]): boolean {
  const { choices, error, errors, object, type, model, usage, id, citations, promptFeedback } =
    fieldsOf(value);
  const isError = error !== undefined || errors !== undefined || object === "error" || type === "error";
  // Gemini answers a list of one error
  if (isError || Array.isArray(value)) {
    const failure = parseFailure(value);
    if (failure !== undefined) throw answer.source.fail(failure);
  }
  let told = false;
  if (answer.model === undefined && typeof model === "string" && model !== "") {
    answer.model = model;
    told = true;
  }
  if (answer.id === undefined && typeof id === "string" && id !== "") {
    answer.id = id;
    told = true;
  }
  if (typeof usage === "object" && usage !== null) {
    answer.usage = usage;
    told = true;
  }
  // Perplexity repeats all of its citations in each event
  for (const url of Array.isArray(citations) ? citations : []) addSource(answer, { url }, parts);
  // Gemini's way to say that it does not answer at all
  if (fieldsOf(promptFeedback)["blockReason"] !== undefined) {
    answer.reason ??= "content_filter";
    told = true;
  }
  if (!Array.isArray(choices)) return told;
  for (const choice of choices) told = readChoice(answer, fieldsOf(choice), parts) || told;
  return told || answer.reason !== undefined || answer.refusal !== undefined || answer.calls !== undefined;
}

type Fields = ReturnType<typeof fieldsOf>;

function readChoice(answer: Answer, choice: Fields, parts: StreamPart[]): boolean {
  // a second answer, which nobody can have asked for but with `extraBody`
  if (typeof choice["index"] === "number" && choice["index"] > 0) return false;
  const { finish_reason, error, usage } = choice;
  const failure = error === undefined ? undefined : parseFailure({ error });
  const told = readDelta(answer, fieldsOf(choice["delta"] ?? choice["message"]), parts);
  if (failure !== undefined) throw answer.source.fail(failure);
  // Moonshot's place for it
  if (typeof usage === "object" && usage !== null) answer.usage = usage;
  if (typeof finish_reason !== "string" || finish_reason === "") return told || usage !== undefined;
  if (FAILED_REASONS.includes(finish_reason.toLowerCase())) {
    throw answer.source.fail(explainServerError({ message: `finish_reason ${finish_reason}` }));
  }
  answer.reason = finish_reason;
  return true;
}

/** Adds the parts of a delta; returns whether it said anything else. */
function readDelta(answer: Answer, delta: Fields, parts: StreamPart[]): boolean {
  const { content, tool_calls, refusal, annotations, reasoning_content, reasoning } = delta;
  const { reasoning_details: details, extra_content: extra } = delta;
  if (typeof reasoning_content === "string" && reasoning_content !== "") {
    addThought(answer, reasoning_content, "reasoning_content", parts);
  } else if (typeof reasoning === "string" && reasoning !== "") {
    addThought(answer, reasoning, "reasoning", parts);
  }
  if (Array.isArray(content)) readChunks(answer, content, parts);
  else if (typeof content === "string") addText(answer, content, parts);
  else if (content !== undefined && content !== null) {
    const { what } = answer.source;
    throw new ChatError("protocol", `${what} answered content that is no text, expected a string`);
  }
  if (Array.isArray(tool_calls) && tool_calls.length > 0) {
    answer.calls ??= createToolCalls(answer.source.provider);
    answer.calls.take(tool_calls, parts);
  }
  for (const annotation of Array.isArray(annotations) ? annotations : []) {
    addSource(answer, fieldsOf(fieldsOf(annotation)["url_citation"]), parts);
  }
  if (typeof refusal === "string" && refusal !== "") answer.refusal = (answer.refusal ?? "") + refusal;
  if (Array.isArray(details) && details.length > 0) {
    answer.details ??= createReasoningDetails();
    answer.details.take(details);
  }
  if (typeof extra === "object" && extra !== null)
    answer.extra = { ...answer.extra, ...fieldsOf(extra) } as JsonObject;
  return Boolean(details || extra);
}

function addText(answer: Answer, delta: string, parts: StreamPart[]): void {
  if (delta === "") return;
  answer.hasText = true;
  parts.push({ type: "text-delta", delta });
}

function addThought(
  answer: Answer,
  delta: string,
  field: ReasoningField | undefined,
  parts: StreamPart[],
): void {
  answer.reasoningField ??= field;
  parts.push({ type: "reasoning-delta", delta });
}

/** Mistral's thinking models send their content as a list, of which nobody else knows the other kinds. */
function readChunks(answer: Answer, chunks: readonly unknown[], parts: StreamPart[]): void {
  for (const chunk of chunks) {
    const { type, text, thinking } = fieldsOf(chunk);
    if (type === "text" && typeof text === "string") addText(answer, text, parts);
    if (type !== "thinking") continue;
    const thought = Array.isArray(thinking)
      ? thinking.map((piece) => fieldsOf(piece)["text"]).join("")
      : thinking;
    if (typeof thought === "string" && thought !== "") addThought(answer, thought, undefined, parts);
  }
}

function addSource(answer: Answer, page: CitedPage, parts: StreamPart[]): void {
  answer.cite ??= createCitations();
  answer.cite(page, parts);
}

/** The text of an event that gives nothing else. */
function textOf(answer: Answer, data: string): string | undefined {
  const parts: StreamPart[] = [];
  return read(answer, parseJson(data, answer.source.what), parts) ? undefined : plainText(parts);
}

/** The text of parts that are nothing else. */
function plainText(parts: readonly StreamPart[]): string | undefined {
  const [part] = parts;
  return parts.length === 1 && part?.type === "text-delta" ? part.delta : undefined;
}

function parseUsage(value: unknown): Usage | undefined {
  if (value === undefined) return undefined;
  const { prompt_tokens, completion_tokens, total_tokens, prompt_cache_hit_tokens, ...details } =
    fieldsOf(value);
  const cached = fieldsOf(details["prompt_tokens_details"])["cached_tokens"];
  return {
    inputTokens: countOf(prompt_tokens),
    outputTokens: countOf(completion_tokens),
    totalTokens: countOf(total_tokens),
    // DeepSeek's name for it
    cachedInputTokens: countOf(cached ?? prompt_cache_hit_tokens),
    reasoningTokens: countOf(fieldsOf(details["completion_tokens_details"])["reasoning_tokens"]),
  };
}
