import type { ChatRequest, JsonObject, JsonValue, ResponseFormat, ToolDefinition } from "@fallthrough/core";
import { isReasoningEffort } from "@fallthrough/core/internal";
import {
  type Fields,
  parseBoolean,
  parseInteger,
  parseList,
  parseNumber,
  parseObject,
  parseOptional,
  parseText,
  restOf,
  wrong,
} from "../../parse-fields.ts";
import { readMessage } from "./read-message.ts";

/** What a client asks for. */
export interface CompletionRequest {
  /** What the chain is asked. */
  readonly chat: Omit<ChatRequest, "signal">;
  /** Whether the answer is streamed. */
  readonly stream: boolean;
  /** Whether a stream ends with the counts of tokens. */
  readonly includeUsage: boolean;
  /** Whether the client knows functions in place of tools. */
  readonly legacyFunctions: boolean;
}

const NO_PARAMETERS: JsonObject = { type: "object", properties: {} };
const SAFE_BITS = 53;

/** Reads the body of a chat completion; throws a refusal that names the field */
export function readRequest(value: unknown): CompletionRequest {
  const {
    model,
    messages: given,
    stream,
    stream_options,
    n,
    max_tokens,
    max_completion_tokens,
    temperature,
    top_p,
    top_k,
    presence_penalty,
    frequency_penalty,
    parallel_tool_calls,
    reasoning_effort,
    seed,
    stop,
    tools,
    functions,
    tool_choice,
    function_call,
    response_format,
    ...rest
  } = parseObject(value, "body");
  if (given === undefined && rest["input"] !== undefined) {
    throw wrong("messages", "a list of messages; a body with `input` belongs to /v1/responses");
  }
  const messages = parseList(given, "messages");
  if (messages.length === 0) throw wrong("messages", "at least one message");
  if ((n ?? 1) !== 1) throw wrong("n", "1");
  const { include_usage, ...streamOptions } =
    parseOptional(stream_options, "stream_options", parseObject) ?? {};
  const { format, more } = parseOptional(response_format, "response_format", readResponseFormat) ?? {};
  const effort = isReasoningEffort(reasoning_effort) ? reasoning_effort : undefined;
  const { extraFields } = restOf({
    ...rest,
    ...namedRest("stream_options", streamOptions),
    ...namedRest("response_format", more ?? {}),
    // a word of a newer server is that server's to understand
    reasoning_effort: effort === undefined ? reasoning_effort : undefined,
  });
  const declared = parseOptional(tools, "tools", readTools);
  const legacy = parseOptional(functions, "functions", readFunctions);
  // the form has room for one call in an answer
  const isLegacy = legacy !== undefined && declared === undefined;
  return {
    chat: {
      model: parseOptional(model, "model", parseText),
      messages: messages.map((message, index) => readMessage(message, `messages[${index}]`)),
      maxOutputTokens: parseOptional(
        max_completion_tokens ?? max_tokens,
        max_completion_tokens === undefined ? "max_tokens" : "max_completion_tokens",
        parseInteger,
      ),
      temperature: parseOptional(temperature, "temperature", parseNumber),
      topP: parseOptional(top_p, "top_p", parseNumber),
      topK: parseOptional(top_k, "top_k", parseInteger),
      presencePenalty: parseOptional(presence_penalty, "presence_penalty", parseNumber),
      frequencyPenalty: parseOptional(frequency_penalty, "frequency_penalty", parseNumber),
      seed: parseOptional(seed, "seed", readSeed),
      stopSequences: parseOptional(stop, "stop", readStop),
      reasoningEffort: effort,
      tools: legacy === undefined ? declared : [...(declared ?? []), ...legacy],
      toolChoice:
        parseOptional(tool_choice, "tool_choice", readToolChoice) ??
        parseOptional(function_call, "function_call", readFunctionChoice),
      parallelToolCalls: isLegacy
        ? false
        : parseOptional(parallel_tool_calls, "parallel_tool_calls", parseBoolean),
      responseFormat: format,
      ...(extraFields === undefined ? {} : { extraFields }),
    },
    stream: parseOptional(stream, "stream", parseBoolean) ?? false,
    includeUsage: parseOptional(include_usage, "stream_options.include_usage", parseBoolean) ?? false,
    legacyFunctions: isLegacy,
  };
}

/** What is left of a nested object, under its name. */
function namedRest(name: string, fields: Fields): JsonObject {
  const { extraFields } = restOf(fields);
  return extraFields === undefined ? {} : { [name]: extraFields };
}

/** A seed; one of 64 bits is brought to what a number holds exactly, the same to the same. */
function readSeed(value: unknown, param: string): number {
  if (typeof value !== "number" || !Number.isInteger(value)) throw wrong(param, "a whole number");
  return Number.isSafeInteger(value) ? value : Number(BigInt.asUintN(SAFE_BITS, BigInt(value)));
}

function readStop(value: unknown, param: string): string[] {
  return typeof value === "string" ? [value] : parseList(value, param).map((stop) => parseText(stop, param));
}

/** The functions of a list of tools; throws a refusal */
export function readTools(value: unknown, param: string): ToolDefinition[] {
  return parseList(value, param).map((one, index) => {
    const place = `${param}[${index}]`;
    const { type, function: declared, ...rest } = parseObject(one, place);
    if (type !== "function") throw wrong(`${place}.type`, "function");
    return readFunction(declared, `${place}.function`, (inner) => ({
      ...rest,
      ...namedRest("function", inner),
    }));
  });
}

function readFunctions(value: unknown, param: string): ToolDefinition[] {
  return parseList(value, param).map((one, index) =>
    readFunction(one, `${param}[${index}]`, (inner) => namedRest("function", inner)),
  );
}

function readFunction(value: unknown, param: string, extraOf: (inner: Fields) => Fields): ToolDefinition {
  const { name, description, parameters, strict, ...inner } = parseObject(value, param);
  const schema = parseOptional(parameters, `${param}.parameters`, parseObject);
  return {
    name: parseText(name, `${param}.name`),
    description: parseOptional(description, `${param}.description`, parseText),
    parameters: (schema as JsonObject | undefined) ?? NO_PARAMETERS,
    strict: parseOptional(strict, `${param}.strict`, parseBoolean),
    ...restOf(extraOf(inner)),
  };
}

function readToolChoice(value: unknown, param: string): NonNullable<ChatRequest["toolChoice"]> {
  if (value === "auto" || value === "none" || value === "required") return value;
  if (typeof value !== "object") throw wrong(param, "auto, none, required or a function");
  return readFunctionChoice(parseObject(value, param)["function"], `${param}.function`);
}

function readFunctionChoice(value: unknown, param: string): NonNullable<ChatRequest["toolChoice"]> {
  if (value === "auto" || value === "none") return value;
  return { name: parseText(parseObject(value, param)["name"], `${param}.name`) };
}

function readResponseFormat(
  value: unknown,
  param: string,
): { readonly format: ResponseFormat; readonly more: Fields } {
  const { type, json_schema, ...more } = parseObject(value, param);
  if (type === "text") return { format: { type }, more };
  if (type === "json_object") return { format: { type: "json" }, more };
  if (type !== "json_schema") throw wrong(`${param}.type`, "text, json_object or json_schema");
  const place = `${param}.json_schema`;
  const { name, description, schema, strict, ...inner } = parseObject(json_schema, place);
  const format: ResponseFormat = {
    type: "json",
    schema: parseOptional(schema, `${place}.schema`, parseObject) as JsonObject | undefined,
    name: parseOptional(name, `${place}.name`, parseText),
    description: parseOptional(description, `${place}.description`, parseText),
    strict: parseOptional(strict, `${place}.strict`, parseBoolean),
  };
  return { format, more: { ...more, ...namedRest("json_schema", inner) } as Record<string, JsonValue> };
}
