import type { AssistantMessage, ChatMessage, ContentPart, ToolCall } from "@fallthrough/core";
import { fieldsOf } from "@fallthrough/core/provider";
import {
  type Fields,
  parseList,
  parseObject,
  parseOptional,
  parseText,
  restOf,
  wrong,
} from "../../parse-fields.ts";
import { mergeData } from "../../writer-mark.ts";
import { contentReader } from "../read-content.ts";
import { readAddress, readAudio, readFile, readImage } from "../read-media.ts";
import { type Item, wrapCustomInput } from "./items.ts";
import { readSealedData } from "./sealed-data.ts";

const { readContent, readTexts } = contentReader(readPart);

/** What items may refer to. */
export interface ItemSources {
  /** The item that this gateway gave out under an id; throws a refusal where it is gone */
  findItem(id: string, param: string): Item;
  /** The summary in a compaction item; throws a refusal where it cannot be opened */
  openSummary(sealed: string, param: string): string;
  /** Told of what is left out. */
  warn(message: string): void;
}

/** Puts items together to messages. */
export interface Conversation {
  /** Takes the next item; throws a refusal */
  take(value: unknown, param: string): void;
  /** The messages so far. */
  readonly messages: readonly ChatMessage[];
}

/** Stands before a summary, because it is given as a message of the user. */
const SUMMARY_HEAD = "Summary of the conversation so far:\n\n";
/** What the server says about an item, and nobody needs again. */
const OWN_FIELDS: readonly string[] = ["id", "status", "type"];

/** A conversation without a message. */
export function createConversation(sources: ItemSources): Conversation {
  const messages: ChatMessage[] = [];
  const calls = new Map<string, ToolCall>();
  /** The answer that the next thought, text or call of the model belongs to. */
  let answer: AssistantMessage | undefined;

  /** The answer that goes on; another one where text or a thought follows text. */
  function answerFor(kind: "thought" | "text" | "call"): AssistantMessage {
    const { content, toolCalls = [] } = answer ?? {};
    // what follows a call stays with it, because the result of the call must follow its message
    const isOver = kind !== "call" && content !== undefined && toolCalls.length === 0;
    if (answer !== undefined && !isOver) return answer;
    answer = { role: "assistant" };
    messages.push(answer);
    return answer;
  }

  function add(message: ChatMessage): void {
    answer = undefined;
    messages.push(message);
  }

  function takeMessage(item: Fields, param: string): void {
    const { role, content, ...others } = item;
    const rest = restOf(withoutOwn(others));
    const place = `${param}.content`;
    switch (role) {
      case "user":
        add({ role, content: readContent(content, place), ...rest });
        return;
      case "system":
      case "developer":
        add({ role: "system", content: readTexts(content, place), ...rest });
        return;
      case "assistant": {
        const text = readTexts(content, place);
        const { extraFields } = rest;
        const message = answerFor("text");
        message.content = message.content ? `${message.content}\n\n${text}` : text;
        if (extraFields !== undefined) message.extraFields = { ...message.extraFields, ...extraFields };
        return;
      }
      default:
        throw wrong(`${param}.role`, "user, assistant, system or developer");
    }
  }

  function takeCall(item: Fields, text: string, param: string): void {
    const { call_id, name, arguments: _, input: __, ...others } = item;
    const id = parseText(call_id, `${param}.call_id`);
    const call: ToolCall = {
      id,
      name: parseText(name, `${param}.name`),
      arguments: text,
      ...restOf(withoutOwn(others)),
    };
    const message = answerFor("call");
    message.toolCalls = [...(message.toolCalls ?? []), call];
    calls.set(id, call);
  }

  function takeResult(item: Fields, param: string): void {
    const { call_id, output, ...others } = item;
    const toolCallId = parseText(call_id, `${param}.call_id`);
    const call = calls.get(toolCallId);
    if (call === undefined) throw wrong(`${param}.call_id`, "the id of a call before it");
    const content = readContent(output, `${param}.output`);
    add({ role: "tool", toolCallId, toolName: call.name, content, ...restOf(withoutOwn(others)) });
  }

  function takeThought({ summary, content, encrypted_content }: Fields, param: string): void {
    const text = readThought(content, `${param}.content`) || readThought(summary, `${param}.summary`);
    const sealed = parseOptional(encrypted_content, `${param}.encrypted_content`, parseText);
    const read = sealed === undefined ? undefined : readSealedData(sealed);
    if (sealed !== undefined && read === undefined) {
      sources.warn("reasoning that another server encrypted is left out");
    }
    const { provider = "", data = {} } = read ?? {};
    const { thought, message, calls: called } = data;
    if (text !== "" || thought !== undefined) {
      const providerData = thought === undefined ? undefined : { [provider]: thought };
      const given = answerFor("thought");
      given.reasoning = [...(given.reasoning ?? []), { text, providerData }];
    }
    for (const [id, own] of Object.entries(called ?? {})) {
      const call = calls.get(id);
      if (call !== undefined) call.providerData = mergeData(call.providerData, { [provider]: own });
    }
    const given = message === undefined ? undefined : (answer ?? lastAnswer(messages));
    if (message === undefined || given === undefined) return;
    given.providerData = mergeData(given.providerData, { [provider]: message });
  }

  function take(value: unknown, param: string): void {
    const item = parseObject(value, param);
    const { role, id } = item;
    // the standard leaves out the type of these two
    const type = item["type"] ?? (role === undefined && id !== undefined ? "item_reference" : "message");
    switch (type) {
      case "message":
        takeMessage(item, param);
        return;
      case "reasoning":
        takeThought(item, param);
        return;
      case "function_call":
        takeCall(item, parseText(item["arguments"], `${param}.arguments`), param);
        return;
      case "custom_tool_call":
        takeCall(item, wrapCustomInput(parseText(item["input"], `${param}.input`)), param);
        return;
      case "function_call_output":
      case "custom_tool_call_output":
        takeResult(item, param);
        return;
      case "item_reference":
        take(sources.findItem(parseText(id, `${param}.id`), `${param}.id`), param);
        return;
      case "compaction": {
        const place = `${param}.encrypted_content`;
        const summary = sources.openSummary(parseText(item["encrypted_content"], place), place);
        add({ role: "user", content: SUMMARY_HEAD + summary });
        return;
      }
      default:
        sources.warn(`items of the type ${parseText(type, `${param}.type`).slice(0, 80)} are left out`);
    }
  }

  return { messages, take };
}

function lastAnswer(messages: readonly ChatMessage[]): AssistantMessage | undefined {
  return messages.findLast((message) => message.role === "assistant");
}

function withoutOwn(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !OWN_FIELDS.includes(name)));
}

function readThought(value: unknown, param: string): string {
  const parts = parseOptional(value, param, parseList) ?? [];
  return parts
    .map((part, index) => parseText(fieldsOf(part)["text"], `${param}[${index}].text`))
    .join("\n\n");
}

function readPart(value: unknown, param: string): ContentPart {
  const { type, ...part } = parseObject(value, param);
  switch (type) {
    case "input_text":
    case "output_text":
    case "text": {
      const { text, annotations: _, logprobs: __, ...rest } = part;
      return { type: "text", text: parseText(text, `${param}.text`), ...restOf(rest) };
    }
    case "refusal":
      return { type: "text", text: parseText(part["refusal"], `${param}.refusal`) };
    case "input_image": {
      const { image_url, file_id, ...rest } = part;
      refuseFileId(file_id, image_url, `${param}.file_id`, "`image_url`");
      return { ...readImage(image_url, `${param}.image_url`), ...restOf(rest) };
    }
    case "input_file": {
      const { file_data, file_url, file_id, filename, ...rest } = part;
      refuseFileId(file_id, file_data ?? file_url, `${param}.file_id`, "`file_data` or `file_url`");
      const file =
        file_url === undefined || file_url === null
          ? readFile(file_data, `${param}.file_data`)
          : { type: "file" as const, ...readAddress(file_url, `${param}.file_url`) };
      return { ...file, name: parseOptional(filename, `${param}.filename`, parseText), ...restOf(rest) };
    }
    case "input_audio": {
      const { input_audio, ...rest } = part;
      const place = `${param}.input_audio`;
      return { ...readAudio(parseObject(input_audio, place), place), ...restOf(rest) };
    }
    default:
      throw wrong(
        `${param}.type`,
        "input_text, input_image, input_file, input_audio, output_text or refusal",
      );
  }
}

/** A file that only OpenAI has cannot be given to anybody. */
function refuseFileId(id: unknown, given: unknown, param: string, expected: string): void {
  if (id !== undefined && id !== null && (given === undefined || given === null))
    throw wrong(param, expected);
}
