import type { ChatRequest, JsonObject, ResponseFormat, ToolDefinition } from "@fallthrough/core";
import {
  parseBoolean,
  parseInteger,
  parseList,
  parseNumber,
  parseObject,
  parseOptional,
  parseText,
  wrong,
} from "./parse-fields.ts";
import { parseMessage } from "./parse-message.ts";

/** What a client asks for. */
export interface CompletionRequest {
  readonly chat: Omit<ChatRequest, "signal">;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Fields of the body that are not handed on. */
  readonly ignored: readonly string[];
}

const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "n",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "seed",
  "stop",
  "tools",
  "tool_choice",
  "response_format",
]);
const NO_PARAMETERS: JsonObject = { type: "object", properties: {} };

/** Reads the body of a chat completion; throws a refusal that names the field */
export function parseRequest(value: unknown): CompletionRequest {
  const body = parseObject(value, "body");
  const messages = parseList(body["messages"], "messages");
  if (messages.length === 0) throw wrong("messages", "at least one message");
  if ((body["n"] ?? 1) !== 1) throw wrong("n", "1");
  const maxOutputTokens = body["max_completion_tokens"] ?? body["max_tokens"];
  const options = parseOptional(body["stream_options"], "stream_options", parseObject) ?? {};
  return {
    chat: {
      model: parseOptional(body["model"], "model", parseText),
      messages: messages.map((message, index) => parseMessage(message, `messages[${index}]`)),
      maxOutputTokens: parseOptional(maxOutputTokens, "max_completion_tokens", parseInteger),
      temperature: parseOptional(body["temperature"], "temperature", parseNumber),
      topP: parseOptional(body["top_p"], "top_p", parseNumber),
      seed: parseOptional(body["seed"], "seed", parseInteger),
      stopSequences: parseOptional(body["stop"], "stop", parseStop),
      tools: parseOptional(body["tools"], "tools", parseTools),
      toolChoice: parseOptional(body["tool_choice"], "tool_choice", parseToolChoice),
      responseFormat: parseOptional(body["response_format"], "response_format", parseResponseFormat),
    },
    stream: parseOptional(body["stream"], "stream", parseBoolean) ?? false,
    includeUsage:
      parseOptional(options["include_usage"], "stream_options.include_usage", parseBoolean) ?? false,
    ignored: Object.keys(body).filter((name) => !KNOWN.has(name) && body[name] !== null),
  };
}

function parseStop(value: unknown, param: string): string[] {
  return typeof value === "string" ? [value] : parseList(value, param).map((stop) => parseText(stop, param));
}

function parseTools(value: unknown, param: string): ToolDefinition[] {
  return parseList(value, param).map((one, index) => {
    const place = `${param}[${index}]`;
    const { type, function: declared } = parseObject(one, place);
    if (type !== "function") throw wrong(`${place}.type`, "function");
    const tool = parseObject(declared, `${place}.function`);
    const field = (name: string): string => `${place}.function.${name}`;
    const parameters = parseOptional(tool["parameters"], field("parameters"), parseObject);
    return {
      name: parseText(tool["name"], field("name")),
      description: parseOptional(tool["description"], field("description"), parseText),
      parameters: (parameters as JsonObject | undefined) ?? NO_PARAMETERS,
      strict: parseOptional(tool["strict"], field("strict"), parseBoolean),
    };
  });
}

function parseToolChoice(value: unknown, param: string): NonNullable<ChatRequest["toolChoice"]> {
  if (value === "auto" || value === "none" || value === "required") return value;
  if (typeof value !== "object") throw wrong(param, "auto, none, required or a function");
  const chosen = parseObject(parseObject(value, param)["function"], `${param}.function`);
  return { name: parseText(chosen["name"], `${param}.function.name`) };
}

function parseResponseFormat(value: unknown, param: string): ResponseFormat {
  const { type, json_schema } = parseObject(value, param);
  if (type === "text") return { type };
  if (type === "json_object") return { type: "json" };
  if (type !== "json_schema") throw wrong(`${param}.type`, "text, json_object or json_schema");
  const named = parseObject(json_schema, `${param}.json_schema`);
  const schema = parseOptional(named["schema"], `${param}.json_schema.schema`, parseObject);
  const name = parseOptional(named["name"], `${param}.json_schema.name`, parseText);
  return { type: "json", schema: schema as JsonObject | undefined, name };
}
