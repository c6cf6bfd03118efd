import type {
  AssistantMessage,
  ChatMessage,
  ChatRequest,
  ContentPart,
  JsonObject,
  MediaPart,
  ReasoningPart,
  ToolCall,
  ToolDefinition,
} from "../contract/contract.ts";
import { inLayout } from "./layout.ts";
import { type Media, readMedia } from "./media.ts";
import { mergeFields, withOwnFields } from "./merge-fields.ts";
import { ownData, type Writer } from "./own-data.ts";

/** How a protocol writes the parts of a message. */
export interface ContentForm {
  /** A text that is not blank; `undefined` where the server refuses such a one. */
  text(text: string): JsonObject | undefined;
  /** An image or a file; @throws `unsupported` for one that the protocol cannot carry */
  media(part: MediaPart, media: Media): JsonObject;
}

/** How a protocol writes all that a conversation holds. */
export interface BlockForm extends ContentForm, AnswerForm {}

/** What a message says, as its protocol writes it. Each part has its extra fields, and those of this provider. */
export function contentBlocks(
  content: string | readonly ContentPart[],
  provider: string,
  { text, media }: ContentForm,
): JsonObject[] {
  if (typeof content === "string") return blocksOf(content, text);
  return content.flatMap((part) => {
    const blocks = part.type === "text" ? blocksOf(part.text, text) : [media(part, readMedia(part))];
    return blocks.map((block) => withOwnFields(provider, part, block));
  });
}

/** How a protocol writes the pieces of an answer. `data` is what its writer keeps beside a piece, and no other's. */
export interface AnswerForm {
  /** A piece of its text; `undefined` where the server refuses such a one. */
  text(text: string): JsonObject | undefined;
  /** A thought; `undefined` where it is of no use to the server. */
  thought(part: ReasoningPart, data: JsonObject): JsonObject | undefined;
  /** A call of a tool; its extra fields are added to it. */
  call(call: ToolCall, data: JsonObject): JsonObject;
}

/** The pieces of an answer as its protocol writes them, in the order in which they came where its writer noted it. */
export function answerBlocks(
  { content, reasoning = [], toolCalls = [], providerData }: AssistantMessage,
  writer: Writer,
  form: AnswerForm,
): readonly JsonObject[] {
  return inLayout(ownData(providerData, writer)["layout"], {
    thoughts: reasoning.flatMap((part) => listed(form.thought(part, ownData(part.providerData, writer)))),
    text: content ?? "",
    calls: toolCalls.map((call) =>
      mergeFields(call.extraFields, form.call(call, ownData(call.providerData, writer))),
    ),
    formatText: (text) => listed(form.text(text)),
  });
}

/** What all system messages say, for a protocol that has them beside the conversation. */
export function systemBlocks(
  messages: readonly ChatMessage[],
  { text }: Pick<ContentForm, "text">,
): JsonObject[] {
  return messages.flatMap((message) =>
    message.role === "system"
      ? blocksOf(message.content, text).map((block) => mergeFields(message.extraFields, block))
      : [],
  );
}

/** The text of blocks that have a `type` and a `text` and nothing else; `undefined` where any has more. */
export function plainText(blocks: readonly JsonObject[], separator = ""): string | undefined {
  const texts = blocks.flatMap((block) => {
    const { text } = block;
    return typeof text === "string" && Object.keys(block).length === 2 ? [text] : [];
  });
  return texts.length === blocks.length ? texts.join(separator) : undefined;
}

function blocksOf(text: string, format: ContentForm["text"]): JsonObject[] {
  return text === "" ? [] : listed(format(text));
}

function listed(block: JsonObject | undefined): JsonObject[] {
  return block === undefined ? [] : [block];
}

/** The tools of a request as its protocol declares them, with their extra fields; `undefined` where there are none. */
export function toolBlocks(
  { tools = [] }: ChatRequest,
  format: (tool: ToolDefinition) => JsonObject,
): readonly JsonObject[] | undefined {
  return tools.length === 0 ? undefined : tools.map((tool) => mergeFields(tool.extraFields, format(tool)));
}
