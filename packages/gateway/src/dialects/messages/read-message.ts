import type {
  AssistantMessage,
  ChatMessage,
  ContentPart,
  JsonObject,
  ReasoningPart,
  SystemMessage,
  ToolCall,
  ToolMessage,
} from "@fallthrough/core";
import {
  type Fields,
  parseBoolean,
  parseList,
  parseObject,
  parseOptional,
  parseText,
  restOf,
  wrong,
} from "../../parse-fields.ts";
import { mergeData } from "../../writer-mark.ts";
import { type OpaqueData, readRedacted, readThought } from "./opaque-blocks.ts";
import { readPart } from "./read-part.ts";

/** Between the texts of several system blocks. */
const PARAGRAPH = "\n\n";

/** The messages of the contract for one of the wire: the results of tools are messages of their own; throws a refusal */
export function readMessage(value: unknown, param: string): ChatMessage[] {
  const { role, content, ...rest } = parseObject(value, param);
  const place = `${param}.content`;
  const { extraFields } = restOf(rest);
  const extra = extraFields === undefined ? {} : { extraFields };
  switch (role) {
    case "user":
      return readUser(content, place, extra);
    case "assistant":
      return [readAnswer(content, place, extra)];
    case "system":
      return [{ ...readSystem(content, place), ...extra }];
    default:
      throw wrong(`${param}.role`, "user, assistant or system");
  }
}

/** One message of all system blocks, because many models take only one; the last mark for a cache holds for it. */
export function readSystem(value: unknown, param: string): SystemMessage {
  if (typeof value === "string") return { role: "system", content: value };
  let extraFields: JsonObject | undefined;
  const texts = parseList(value, param).map((one, index) => {
    const place = `${param}[${index}]`;
    const { type, text, ...rest } = parseObject(one, place);
    if (type !== "text") throw wrong(`${place}.type`, "text");
    extraFields = restOf(rest).extraFields ?? extraFields;
    return parseText(text, `${place}.text`);
  });
  const content = texts.filter((text) => text !== "").join(PARAGRAPH);
  return { role: "system", content, ...(extraFields === undefined ? {} : { extraFields }) };
}

type Extra = Pick<ChatMessage, "extraFields">;

function readUser(value: unknown, param: string, extra: Extra): ChatMessage[] {
  if (typeof value === "string") return [{ role: "user", content: value, ...extra }];
  const results: ToolMessage[] = [];
  const content: ContentPart[] = [];
  for (const [index, one] of parseList(value, param).entries()) {
    const place = `${param}[${index}]`;
    const block = parseObject(one, place);
    if (block["type"] === "tool_result") results.push(readResult(block, place));
    else content.push(...readPart(block, place));
  }
  // results follow their calls, whatever else the person says
  if (content.length === 0 && results.length > 0) return results;
  return [...results, { role: "user", content, ...extra }];
}

function readResult(
  { type: _, tool_use_id, content, is_error, ...rest }: Fields,
  param: string,
): ToolMessage {
  return {
    role: "tool",
    toolCallId: parseText(tool_use_id, `${param}.tool_use_id`),
    // a tool that gave nothing did so on purpose
    content: parseOptional(content, `${param}.content`, readContent) ?? "",
    isError: parseOptional(is_error, `${param}.is_error`, parseBoolean),
    ...restOf(rest),
  };
}

function readContent(value: unknown, param: string): string | ContentPart[] {
  if (typeof value === "string") return value;
  return parseList(value, param).flatMap((one, index) => {
    const place = `${param}[${index}]`;
    return readPart(parseObject(one, place), place);
  });
}

function readAnswer(value: unknown, param: string, extra: Extra): AssistantMessage {
  if (typeof value === "string") return { role: "assistant", content: value, ...extra };
  let content = "";
  let extraFields = extra.extraFields;
  let message: OpaqueData["message"];
  const reasoning: ReasoningPart[] = [];
  const toolCalls: ToolCall[] = [];
  const called = new Map<string, NonNullable<OpaqueData["call"]>["data"]>();
  for (const [index, one] of parseList(value, param).entries()) {
    const place = `${param}[${index}]`;
    const { type, ...block } = parseObject(one, place);
    switch (type) {
      case "text": {
        // citations are for people, and no server takes them back
        const { text, citations: _, ...rest } = block;
        content += parseText(text, `${place}.text`);
        const more = restOf(rest).extraFields;
        if (more !== undefined) extraFields = { ...extraFields, ...more };
        break;
      }
      case "thinking":
        reasoning.push(readThought(parseText(block["thinking"], `${place}.thinking`), block["signature"]));
        break;
      case "redacted_thinking": {
        const opaque = readRedacted(parseText(block["data"], `${place}.data`));
        if (opaque.thought !== undefined) reasoning.push({ text: "", providerData: opaque.thought });
        if (opaque.call !== undefined) called.set(opaque.call.id, opaque.call.data);
        message = mergeData(message, opaque.message);
        break;
      }
      case "tool_use": {
        const { id, name, input, ...rest } = block;
        toolCalls.push({
          id: parseText(id, `${place}.id`),
          name: parseText(name, `${place}.name`),
          arguments: JSON.stringify(parseObject(input, `${place}.input`)),
          ...restOf(rest),
        });
        break;
      }
      default:
        throw wrong(`${place}.type`, "text, thinking, redacted_thinking or tool_use");
    }
  }
  for (const call of toolCalls) {
    const data = called.get(call.id);
    if (data !== undefined) call.providerData = data;
  }
  return {
    role: "assistant",
    content,
    ...(reasoning.length === 0 ? {} : { reasoning }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(message === undefined ? {} : { providerData: message }),
    ...(extraFields === undefined ? {} : { extraFields }),
  };
}
