import type {
  AssistantMessage,
  ChatMessage,
  ContentPart,
  JsonObject,
  ReasoningPart,
  ToolCall,
} from "@fallthrough/core";
import {
  type Fields,
  parseList,
  parseObject,
  parseOptional,
  parseText,
  restOf,
  wrong,
} from "../../parse-fields.ts";
import { contentReader } from "../read-content.ts";
import { readAudio, readFile, readImage } from "../read-media.ts";
import { readOpaqueFields } from "./opaque-fields.ts";

const { readContent, readTexts } = contentReader(readPart);

/** OpenAI renamed its system messages for newer models, and the results of tools before that. */
const ROLES: ReadonlyMap<unknown, ChatMessage["role"]> = new Map([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["assistant", "assistant"],
  ["tool", "tool"],
  ["function", "tool"],
]);
/** What an answer of this gateway holds for people, and no server takes back. */
const ANSWER_ONLY: readonly string[] = ["refusal", "annotations"];

/** One message of the body; throws a refusal */
export function readMessage(value: unknown, param: string): ChatMessage {
  const message = parseObject(value, param);
  const role = ROLES.get(message["role"]);
  if (role === undefined) throw wrong(`${param}.role`, "system, developer, user, assistant or tool");
  const place = `${param}.content`;
  switch (role) {
    case "tool":
      return readResult(message, param);
    case "user": {
      const { role: _, content, name, ...rest } = message;
      const named = parseOptional(name, `${param}.name`, parseText);
      return { role, content: readContent(content, place), name: named, ...restOf(rest) };
    }
    case "system": {
      const { role: _, content, ...rest } = message;
      return { role, content: readTexts(content, place), ...restOf(rest) };
    }
    case "assistant":
      return readAnswer(message, param);
  }
}

function readResult(message: Fields, param: string): ChatMessage {
  const { role, content, tool_call_id, name, ...rest } = message;
  const toolName = parseOptional(name, `${param}.name`, parseText);
  const legacy = role === "function";
  const toolCallId = legacy
    ? legacyCallId(parseText(name, `${param}.name`))
    : parseText(tool_call_id, `${param}.tool_call_id`);
  // a tool that gave nothing did so on purpose
  const given = parseOptional(content, `${param}.content`, readContent) ?? "";
  return { role: "tool", toolCallId, toolName, content: given, ...restOf(rest) };
}

/** Functions of the legacy form have no ids, and are called one at a time. */
function legacyCallId(name: string): string {
  return `call_${name}`;
}

function readAnswer(message: Fields, param: string): AssistantMessage {
  const { role: _, content, tool_calls, function_call, reasoning_content, reasoning, ...others } = message;
  const { extra_content, reasoning_details, ...rest } = others;
  const given = parseOptional(tool_calls, `${param}.tool_calls`, readToolCalls);
  const called = parseOptional(function_call, `${param}.function_call`, readFunctionCall);
  const toolCalls = called === undefined ? given : [...(given ?? []), called];
  const thought = reasoning_content ?? reasoning;
  const opaque = readOpaqueFields(extra_content, reasoning_details);
  const kept = Object.entries(rest).filter(([name]) => !ANSWER_ONLY.includes(name));
  const { extraFields } = restOf({ ...Object.fromEntries(kept), ...opaque.extraFields });
  return {
    role: "assistant",
    // an assistant that only called tools said nothing
    content: parseOptional(content, `${param}.content`, readTexts) ?? "",
    ...readThoughts(opaque.reasoning, thought),
    toolCalls,
    ...(opaque.providerData === undefined ? {} : { providerData: opaque.providerData }),
    ...(extraFields === undefined ? {} : { extraFields }),
  };
}

/** Thoughts that came back with what proves them go before the same as plain text. */
function readThoughts(
  proved: readonly ReasoningPart[] | undefined,
  text: unknown,
): Pick<AssistantMessage, "reasoning"> {
  if (proved !== undefined) return { reasoning: [...proved] };
  return typeof text === "string" && text !== "" ? { reasoning: [{ text }] } : {};
}

function readPart(value: unknown, param: string): ContentPart {
  const { type, ...part } = parseObject(value, param);
  switch (type) {
    case "text": {
      const { text, ...rest } = part;
      return { type: "text", text: parseText(text, `${param}.text`), ...restOf(rest) };
    }
    case "refusal":
      return { type: "text", text: parseText(part["refusal"], `${param}.refusal`) };
    case "image_url": {
      const { image_url, ...rest } = part;
      // some clients give the URL alone
      const image = typeof image_url === "string" ? { url: image_url } : image_url;
      const { url, ...details } = parseObject(image, `${param}.image_url`);
      const nested = restOf(details).extraFields;
      const extra = restOf({ ...rest, ...(nested === undefined ? {} : { image_url: nested }) });
      return { ...readImage(url, `${param}.image_url.url`), ...extra };
    }
    case "file": {
      const { file, ...rest } = part;
      const { file_data, filename } = parseObject(file, `${param}.file`);
      const name = parseOptional(filename, `${param}.file.filename`, parseText);
      return { ...readFile(file_data, `${param}.file.file_data`), name, ...restOf(rest) };
    }
    case "input_audio": {
      const { input_audio, ...rest } = part;
      return {
        ...readAudio(parseObject(input_audio, `${param}.input_audio`), `${param}.input_audio`),
        ...restOf(rest),
      };
    }
    default:
      throw wrong(`${param}.type`, "text, image_url, file or input_audio");
  }
}

function readToolCalls(value: unknown, param: string): ToolCall[] {
  return parseList(value, param).map((one, index) => {
    const place = `${param}[${index}]`;
    const { id, type: _, index: __, function: called, extra_content, ...rest } = parseObject(one, place);
    const { name, arguments: text, ...inner } = parseObject(called, `${place}.function`);
    const opaque = readOpaqueFields(extra_content, undefined);
    const nested = restOf(inner).extraFields;
    const extra: JsonObject = {
      ...rest,
      ...(nested === undefined ? {} : { function: nested }),
    } as JsonObject;
    const { extraFields } = restOf({ ...extra, ...opaque.extraFields });
    return {
      id: parseText(id, `${place}.id`),
      name: parseText(name, `${place}.function.name`),
      arguments: parseText(text, `${place}.function.arguments`),
      ...(opaque.providerData === undefined ? {} : { providerData: opaque.providerData }),
      ...(extraFields === undefined ? {} : { extraFields }),
    };
  });
}

function readFunctionCall(value: unknown, param: string): ToolCall {
  const { name, arguments: text } = parseObject(value, param);
  const called = parseText(name, `${param}.name`);
  return { id: legacyCallId(called), name: called, arguments: parseText(text, `${param}.arguments`) };
}
