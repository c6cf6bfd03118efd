import type {
  ChatRequest,
  JsonObject,
  JsonValue,
  ReasoningEffort,
  ResponseFormat,
  SystemMessage,
  ToolDefinition,
  Warning,
} from "@fallthrough/core";
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
import { readMessage, readSystem } from "./read-message.ts";

/** What a client asks for. */
export interface MessagesRequest {
  /** What the chain is asked. */
  readonly chat: Omit<ChatRequest, "protocol" | "signal" | "timeouts">;
  /** Whether the answer is streamed. */
  readonly stream: boolean;
  /** What the gateway left out itself. */
  readonly warnings: readonly Warning[];
}

/** Anthropic's word for more than any other service has. */
const MOST_EFFORT = "max";
/** Tools with another type run at Anthropic, or are known to its models alone. */
const OWN_TOOLS: ReadonlySet<unknown> = new Set([undefined, null, "custom"]);

/** Reads the body of a message request, or of one whose tokens are to be counted; throws a refusal that names the field */
export function readRequest(value: unknown): MessagesRequest {
  const {
    model,
    system,
    messages: given,
    max_tokens,
    stream,
    temperature,
    top_p,
    top_k,
    stop_sequences,
    tools,
    tool_choice,
    output_config,
    output_format,
    ...rest
  } = parseObject(value, "body");
  if (given === undefined && rest["input"] !== undefined) {
    throw wrong("messages", "a list of messages; a body with `input` belongs to /v1/responses");
  }
  const list = parseList(given, "messages");
  if (list.length === 0) throw wrong("messages", "at least one message");
  const first = parseOptional(system, "system", readSystem);
  const declared = parseOptional(tools, "tools", readTools);
  const { effort, format, more } = readOutput(output_config, output_format);
  const { extraFields } = restOf({ ...rest, ...more });
  return {
    chat: {
      model: parseOptional(model, "model", parseText),
      messages: [
        ...systemOf(first),
        ...list.flatMap((message, index) => readMessage(message, `messages[${index}]`)),
      ],
      maxOutputTokens: parseOptional(max_tokens, "max_tokens", parseInteger),
      temperature: parseOptional(temperature, "temperature", parseNumber),
      topP: parseOptional(top_p, "top_p", parseNumber),
      topK: parseOptional(top_k, "top_k", parseInteger),
      stopSequences: parseOptional(stop_sequences, "stop_sequences", readTexts),
      reasoningEffort: effort,
      ...readToolFields(declared?.tools ?? [], tool_choice),
      responseFormat: format,
      ...(extraFields === undefined ? {} : { extraFields }),
    },
    stream: parseOptional(stream, "stream", parseBoolean) ?? false,
    warnings: declared?.warnings ?? [],
  };
}

function systemOf(message: SystemMessage | undefined): readonly SystemMessage[] {
  return message === undefined || message.content === "" ? [] : [message];
}

function readTexts(value: unknown, param: string): string[] {
  return parseList(value, param).map((text, index) => parseText(text, `${param}[${index}]`));
}

function readTools(
  value: unknown,
  param: string,
): { readonly tools: readonly ToolDefinition[]; readonly warnings: readonly Warning[] } {
  const tools: ToolDefinition[] = [];
  const warnings: Warning[] = [];
  for (const [index, one] of parseList(value, param).entries()) {
    const place = `${param}[${index}]`;
    const { type, name, description, input_schema, strict, ...rest } = parseObject(one, place);
    const called = parseText(name, `${place}.name`);
    if (!OWN_TOOLS.has(type)) {
      const message = `the tool \`${called}\` of type \`${parseText(type, `${place}.type`)}\` runs at Anthropic only, so it was left out`;
      warnings.push({ code: "unsupported", message });
      continue;
    }
    tools.push({
      name: called,
      description: parseOptional(description, `${place}.description`, parseText),
      parameters: parseObject(input_schema, `${place}.input_schema`) as JsonObject,
      strict: parseOptional(strict, `${place}.strict`, parseBoolean),
      ...restOf(rest),
    });
  }
  return { tools, warnings };
}

type ToolFields = Pick<ChatRequest, "tools" | "toolChoice" | "parallelToolCalls">;

function readToolFields(tools: readonly ToolDefinition[], choice: unknown): ToolFields {
  const { toolChoice, single } = parseOptional(choice, "tool_choice", readToolChoice) ?? {};
  // a choice among tools that were all left out would be refused
  if (tools.length === 0) return {};
  return {
    tools: [...tools],
    toolChoice,
    ...(single ? { parallelToolCalls: false } : {}),
  };
}

function readToolChoice(
  value: unknown,
  param: string,
): { readonly toolChoice: ChatRequest["toolChoice"]; readonly single: boolean | undefined } {
  const { type, name, disable_parallel_tool_use } = parseObject(value, param);
  const place = `${param}.disable_parallel_tool_use`;
  const single = parseOptional(disable_parallel_tool_use, place, parseBoolean);
  switch (type) {
    case "auto":
    case "none":
      return { toolChoice: type, single };
    case "any":
      return { toolChoice: "required", single };
    case "tool":
      return { toolChoice: { name: parseText(name, `${param}.name`) }, single };
    default:
      throw wrong(`${param}.type`, "auto, any, tool or none");
  }
}

interface Output {
  readonly effort: ReasoningEffort | undefined;
  readonly format: ResponseFormat | undefined;
  /** What only Anthropic's own servers understand. */
  readonly more: Fields;
}

/** The format also has a field of its own, as it had before `output_config`. */
function readOutput(config: unknown, earlier: unknown): Output {
  const { effort, format, ...rest } = parseOptional(config, "output_config", parseObject) ?? {};
  const known = isReasoningEffort(effort);
  const more = restOf({ ...rest, effort: known ? undefined : effort }).extraFields;
  return {
    effort: known ? effort : effort === MOST_EFFORT ? "xhigh" : undefined,
    format:
      parseOptional(format, "output_config.format", readFormat) ??
      parseOptional(earlier, "output_format", readFormat),
    more: more === undefined ? {} : { output_config: more },
  };
}

function readFormat(value: unknown, param: string): ResponseFormat {
  const { type, schema } = parseObject(value, param);
  if (type !== "json_schema") throw wrong(`${param}.type`, "json_schema");
  return { type: "json", schema: parseObject(schema, `${param}.schema`) as Record<string, JsonValue> };
}
