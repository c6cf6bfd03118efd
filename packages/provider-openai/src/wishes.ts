import type { ChatErrorCode, JsonObject, JsonValue, StreamPart } from "@fallthrough/core";
import { type FailedAnswer, fieldsOf } from "@fallthrough/core/provider";
import { parseFailureBody } from "./failure.ts";

/** How a body asks for less than the request wishes, because the server refused one of its fields. */
export interface Concession {
  /** The field that the server named. */
  readonly field: string;
  /** What the caller loses by it; absent where it is nothing. */
  readonly warning?: string | undefined;
  /** The body without the wish; `undefined` where it does not hold it. */
  apply(body: JsonObject): JsonObject | undefined;
}

/** Sampling settings that are left out where a server does not take them. */
const PLAIN_WISHES: readonly string[] = [
  "temperature",
  "top_p",
  "top_k",
  "presence_penalty",
  "frequency_penalty",
  "seed",
  "stop",
  "reasoning_effort",
  "parallel_tool_calls",
];

const CONCESSIONS: readonly Concession[] = [
  ...PLAIN_WISHES.map((field) => ({
    field,
    warning: `the server refused \`${field}\`, so it was asked without it`,
    apply: (body: JsonObject) => without(body, field),
  })),
  { field: "stream_options", apply: (body) => without(body, "stream_options") },
  { field: "max_tokens", apply: (body) => renamed(body, "max_tokens", "max_completion_tokens") },
  { field: "max_completion_tokens", apply: (body) => renamed(body, "max_completion_tokens", "max_tokens") },
  {
    field: "tool_choice",
    warning: "the server refused `tool_choice`, so it was asked in another way",
    apply: withoutToolChoice,
  },
  {
    field: "strict",
    warning: "the server refused `strict`, so it was asked without it",
    apply: withoutStrict,
  },
  { field: "reasoning_content", apply: (body) => withoutThoughts(body, "reasoning_content") },
  { field: "content", apply: withBlankContent },
];

/** So many models are remembered: names come from outside. */
const MOST_MODELS = 256;

/** What an instance has conceded to its server, by model. */
export interface Concessions {
  /** The body without what the server refused before. */
  apply(model: string, body: JsonObject): JsonObject;
  /** What a caller loses whose request has this body. */
  warnings(model: string, body: JsonObject): StreamPart[];
  /** Keeps that the server refused this for the model. */
  remember(model: string, concession: Concession): void;
}

/** The concessions of one instance, of which there are none yet. */
export function createConcessions(): Concessions {
  const byModel = new Map<string, Set<Concession>>();

  function of(model: string): readonly Concession[] {
    return [...(byModel.get(model) ?? [])];
  }

  return {
    apply: (model, body) => of(model).reduce((less, { apply }) => apply(less) ?? less, body),

    warnings(model, body) {
      return of(model).flatMap(({ warning, apply }): StreamPart[] =>
        warning === undefined || apply(body) === undefined
          ? []
          : [{ type: "warning", code: "unsupported", message: warning }],
      );
    },

    remember(model, concession) {
      const known = byModel.get(model) ?? new Set();
      byModel.delete(model);
      byModel.set(model, known.add(concession));
      const [oldest] = byModel.keys();
      if (byModel.size > MOST_MODELS && oldest !== undefined) byModel.delete(oldest);
    },
  };
}

/** The server speaks of something else, in words that may hold the name of a wish. */
const OTHER_CODES: readonly (ChatErrorCode | undefined)[] = [
  "context-length",
  "auth",
  "payment",
  "not-found",
  "blocked",
  "rate-limit",
  "content-filter",
];

/** The one wish of this body that the server named when it refused it; `undefined` where it named none, or several. */
export function refusedWish({ status, body: text }: FailedAnswer, body: JsonObject): Concession | undefined {
  if (status !== 400 && status !== 422) return undefined;
  const failure = parseFailureBody(text, status);
  if (OTHER_CODES.includes(failure?.code)) return undefined;
  const sent = CONCESSIONS.filter(({ apply }) => apply(body) !== undefined);
  const place = failure?.field?.split(/[.[\]]+/) ?? [];
  const named = sent.filter(({ field }) => place.includes(field));
  if (named.length === 1) return named[0];
  const words = failure === undefined ? text : failure.words;
  const told = sent.filter(({ field }) => field !== "content" && mentions(words, field));
  return told.length === 1 ? told[0] : undefined;
}

function mentions(words: string, field: string): boolean {
  return new RegExp(`(?<![\\w-])${field}(?![\\w-])`).test(words);
}

function without(body: JsonObject, field: string): JsonObject | undefined {
  if (body[field] === undefined) return undefined;
  const { [field]: _, ...rest } = body;
  return rest;
}

function renamed(body: JsonObject, field: string, other: string): JsonObject | undefined {
  const value = body[field];
  const rest = body[other] === undefined ? without(body, field) : undefined;
  return rest === undefined ? undefined : { ...rest, [other]: value };
}

/** One tool that is required and the only one is the same as that tool by its name. */
function withoutToolChoice(body: JsonObject): JsonObject | undefined {
  const { tool_choice: choice, tools } = body;
  const name = fieldsOf(fieldsOf(choice)["function"])["name"];
  if (name === undefined) return without(body, "tool_choice");
  const tool = listOf(tools).filter((value) => fieldsOf(fieldsOf(value)["function"])["name"] === name);
  return tool.length === 0 ? without(body, "tool_choice") : { ...body, tool_choice: "required", tools: tool };
}

function withoutStrict(body: JsonObject): JsonObject | undefined {
  const text = JSON.stringify([body["response_format"], body["tools"]]);
  if (!text.includes('"strict":')) return undefined;
  const { response_format, tools } = body;
  const schema = fieldsOf(response_format)["json_schema"] as JsonObject | undefined;
  return {
    ...body,
    ...(schema === undefined
      ? {}
      : { response_format: { ...fieldsOf(response_format), json_schema: { ...schema, strict: undefined } } }),
    ...(tools === undefined ? {} : { tools: listOf(tools).map(looseTool) }),
  } as JsonObject;
}

function looseTool(tool: JsonValue): JsonObject {
  const { function: called, ...rest } = fieldsOf(tool);
  return { ...rest, function: { ...fieldsOf(called), strict: undefined } } as JsonObject;
}

function withoutThoughts(body: JsonObject, field: string): JsonObject | undefined {
  const messages = listOf(body["messages"]);
  if (!messages.some((message) => field in fieldsOf(message))) return undefined;
  return { ...body, messages: messages.map((message) => without(message as JsonObject, field) ?? message) };
}

/** Some servers refuse the `null` that stands for a text that is none. */
function withBlankContent(body: JsonObject): JsonObject | undefined {
  const messages = listOf(body["messages"]);
  if (!messages.some((message) => fieldsOf(message)["content"] === null)) return undefined;
  const blank = messages.map((message) =>
    fieldsOf(message)["content"] === null ? { ...fieldsOf(message), content: "" } : message,
  );
  return { ...body, messages: blank as JsonValue[] };
}

function listOf(value: unknown): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
