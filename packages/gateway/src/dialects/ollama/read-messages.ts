import type { ChatMessage, MediaPart, ToolCall } from "@fallthrough/core";
import {
  type Fields,
  parseList,
  parseObject,
  parseOptional,
  parseText,
  restOf,
  wrong,
} from "../../parse-fields.ts";
import { readOpaque } from "./opaque-data.ts";

/** A call that has no result yet. */
type Pending = Pick<ToolCall, "id" | "name">;

/** The messages of a chat; throws a refusal */
export function readMessages(value: unknown, param: string): ChatMessage[] {
  const pending: Pending[] = [];
  let calls = 0;

  /** Calls of this protocol may have no id. */
  function readCall(one: unknown, place: string): ToolCall {
    const { id, function: called, type: _, ...rest } = parseObject(one, place);
    const { name, arguments: given, index: __, ...inner } = parseObject(called, `${place}.function`);
    const call = {
      id: parseOptional(id, `${place}.id`, parseText) ?? `call_${calls}`,
      name: parseText(name, `${place}.function.name`),
      arguments: JSON.stringify(parseObject(given ?? {}, `${place}.function.arguments`)),
      ...restOf({ ...rest, function: restOf(inner).extraFields }),
    };
    calls++;
    pending.push(call);
    return call;
  }

  /** The call that a result without an id belongs to: the first of its name that has none. */
  function takeId(id: unknown, name: string | undefined, place: string): string {
    const given = parseOptional(id, `${place}.tool_call_id`, parseText);
    const at = pending.findIndex((call) =>
      given === undefined ? name === undefined || call.name === name : call.id === given,
    );
    const [call] = at === -1 ? [] : pending.splice(at, 1);
    const found = given ?? call?.id;
    if (found === undefined) throw wrong(place, "the result of a call before it");
    return found;
  }

  function readMessage(one: unknown, place: string): ChatMessage {
    const { role, content, images, ...rest } = parseObject(one, place);
    const text = parseOptional(content, `${place}.content`, parseText) ?? "";
    const pictures = parseOptional(images, `${place}.images`, readImages) ?? [];
    const pieces = pictures.length === 0 ? text : [{ type: "text", text } as const, ...pictures];
    switch (role) {
      case "system":
        return { role, content: text, ...restOf(rest) };
      case "user":
        return { role, content: pieces, ...restOf(rest) };
      case "assistant":
        return readAnswer(text, rest, place);
      case "tool": {
        // the name of the field before it got this one
        const { tool_call_id, tool_name, name, ...others } = rest;
        const toolName = parseOptional(tool_name ?? name, `${place}.tool_name`, parseText);
        return {
          role,
          toolCallId: takeId(tool_call_id, toolName, place),
          toolName,
          content: pieces,
          ...restOf(others),
        };
      }
      default:
        throw wrong(`${place}.role`, "system, user, assistant or tool");
    }
  }

  function readAnswer(content: string, fields: Fields, place: string): ChatMessage {
    const { thinking, tool_calls, provider_data, ...rest } = fields;
    const given = parseOptional(tool_calls, `${place}.tool_calls`, parseList) ?? [];
    const toolCalls = given.map((one, index) => readCall(one, `${place}.tool_calls[${index}]`));
    const thought = parseOptional(thinking, `${place}.thinking`, parseText) ?? "";
    return {
      ...readOpaque({ role: "assistant", content, toolCalls }, thought, provider_data),
      ...restOf(rest),
    };
  }

  return parseList(value, param).map((one, index) => readMessage(one, `${param}[${index}]`));
}

/** Images as base64 text; throws a refusal */
export function readImages(value: unknown, param: string): MediaPart[] {
  return parseList(value, param).map((image, index) => ({
    type: "image",
    data: parseText(image, `${param}[${index}]`),
  }));
}
