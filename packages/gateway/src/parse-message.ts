import type { ChatMessage, ContentPart, ToolCall } from "@fallthrough/core";
import { type Fields, parseList, parseObject, parseOptional, parseText, wrong } from "./parse-fields.ts";

/** OpenAI renamed its system messages for newer models. */
const ROLES: ReadonlyMap<unknown, ChatMessage["role"]> = new Map([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["assistant", "assistant"],
  ["tool", "tool"],
]);
const DATA_URL = /^data:([^;,]*)(?:;[^,]*)?;base64,/i;

/** One message of the body; throws a refusal */
export function parseMessage(value: unknown, param: string): ChatMessage {
  const message = parseObject(value, param);
  const role = ROLES.get(message["role"]);
  if (role === undefined) throw wrong(`${param}.role`, "system, developer, user, assistant or tool");
  const place = `${param}.content`;
  switch (role) {
    case "tool": {
      const toolCallId = parseText(message["tool_call_id"], `${param}.tool_call_id`);
      return { role, content: parseContent(message["content"], place), toolCallId };
    }
    case "user":
      return { role, content: parseContent(message["content"], place) };
    case "system":
      return { role, content: parseTexts(message["content"], place) };
    case "assistant": {
      const toolCalls = parseOptional(message["tool_calls"], `${param}.tool_calls`, parseToolCalls);
      // an assistant that only called tools said nothing
      return { role, content: parseOptional(message["content"], place, parseTexts) ?? "", toolCalls };
    }
  }
}

/** The text of a message that holds nothing else. */
function parseTexts(value: unknown, param: string): string {
  const content = parseContent(value, param);
  if (typeof content === "string") return content;
  return content
    .map((part, index) => {
      if (part.type === "text") return part.text;
      throw wrong(`${param}[${index}].type`, "text, for images and files stand in messages of the user");
    })
    .join("");
}

function parseContent(value: unknown, param: string): string | ContentPart[] {
  if (typeof value === "string") return value;
  return parseList(value, param).map((part, index) => parsePart(part, `${param}[${index}]`));
}

function parsePart(value: unknown, param: string): ContentPart {
  const part = parseObject(value, param);
  switch (part["type"]) {
    case "text":
      return { type: "text", text: parseText(part["text"], `${param}.text`) };
    case "refusal":
      return { type: "text", text: parseText(part["refusal"], `${param}.refusal`) };
    case "image_url":
      return parseImage(parseObject(part["image_url"], `${param}.image_url`), `${param}.image_url.url`);
    case "file":
      return parseFile(parseObject(part["file"], `${param}.file`), `${param}.file`);
    default:
      throw wrong(`${param}.type`, "text, image_url or file");
  }
}

function parseImage({ url }: Fields, param: string): ContentPart {
  const text = parseText(url, param);
  const inline = parseDataUrl(text);
  if (inline !== undefined) return { type: "image", ...inline };
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) throw wrong(param, "an http, https or data URL");
  return { type: "image", data: new URL(text) };
}

function parseFile({ file_data, filename }: Fields, param: string): ContentPart {
  const data = parseText(file_data, `${param}.file_data`);
  const name = parseOptional(filename, `${param}.filename`, parseText);
  return { type: "file", ...(parseDataUrl(data) ?? { data }), name };
}

/** The base64 text of a data URL, as the contract takes it. */
function parseDataUrl(
  url: string,
): { readonly data: string; readonly mediaType: string | undefined } | undefined {
  const head = DATA_URL.exec(url);
  return head === null ? undefined : { data: url.slice(head[0].length), mediaType: head[1] || undefined };
}

function parseToolCalls(value: unknown, param: string): ToolCall[] {
  return parseList(value, param).map((one, index) => {
    const place = `${param}[${index}]`;
    const call = parseObject(one, place);
    const called = parseObject(call["function"], `${place}.function`);
    return {
      id: parseText(call["id"], `${place}.id`),
      name: parseText(called["name"], `${place}.function.name`),
      arguments: parseText(called["arguments"], `${place}.function.arguments`),
    };
  });
}
