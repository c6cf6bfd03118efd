import type {
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3Prompt,
  LanguageModelV3ToolResultOutput,
  LanguageModelV3ToolResultPart,
  SharedV3ProviderOptions,
} from "@ai-sdk/provider";
import type {
  AssistantMessage,
  ChatMessage,
  ContentPart,
  JsonObject,
  MediaPart,
  ProviderData,
  ReasoningPart,
  ToolCall,
  ToolMessage,
} from "@fallthrough/core";
import { readCarried } from "./metadata.ts";

/** The messages of a request; `warn` gets a note on what of the prompt has no place in them. */
export function readPrompt(prompt: LanguageModelV3Prompt, warn: (message: string) => void): ChatMessage[] {
  return prompt.flatMap((message) => readMessage(message, warn));
}

/**
 * Anthropic's mark for its cache, which the AI SDK lets stand on messages, pieces and tools.
 *
 * It is a field of that protocol alone, so a request with one names the protocol.
 */
export function cacheMark(options: SharedV3ProviderOptions | undefined): { extraFields?: JsonObject } {
  const { cacheControl, cache_control = cacheControl } = options?.["anthropic"] ?? {};
  return cache_control === undefined ? {} : { extraFields: { cache_control: cache_control as JsonObject } };
}

function readMessage(message: LanguageModelV3Message, warn: (message: string) => void): ChatMessage[] {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content, ...cacheMark(message.providerOptions) }];
    case "user":
      return [{ role: "user", content: readContent(withMark(message.content, message.providerOptions)) }];
    case "assistant":
      return readAssistant(message.content, warn);
    case "tool":
      return message.content.flatMap((part) =>
        part.type === "tool-result" ? readToolResult(part, warn) : [],
      );
  }
}

type UserContent = Extract<LanguageModelV3Message, { role: "user" }>["content"];

function readContent(content: UserContent): string | ContentPart[] {
  const [first] = content;
  // most providers take a text as it is
  if (content.length === 1 && first?.type === "text" && first.providerOptions === undefined)
    return first.text;
  return content.map((part) => {
    const data = contentData(part.providerOptions);
    if (part.type === "text") return { type: "text", text: part.text, ...data };
    return { ...readFile(part), ...data };
  });
}

function readFile({ data, mediaType, filename }: LanguageModelV3FilePart): MediaPart {
  return mediaPart(data, mediaType, filename);
}

function mediaPart(data: MediaPart["data"], mediaType: string | undefined, name?: string): MediaPart {
  const type = mediaType?.startsWith("image/") ? "image" : "file";
  // the AI SDK names a family of types where nobody said which it is
  const exact = mediaType?.includes("*") ? undefined : mediaType;
  return {
    type,
    data,
    ...(exact === undefined ? {} : { mediaType: exact }),
    ...(name === undefined ? {} : { name }),
  };
}

function contentData(
  options: SharedV3ProviderOptions | undefined,
): Pick<MediaPart, "providerData" | "extraFields"> {
  const { providerData } = readCarried(options);
  return { ...(providerData === undefined ? {} : { providerData }), ...cacheMark(options) };
}

/** A mark of a message counts for its last piece. */
function withMark(content: UserContent, options: SharedV3ProviderOptions | undefined): UserContent {
  if (cacheMark(options).extraFields === undefined) return content;
  return content.map((part, index) =>
    index < content.length - 1 ? part : { ...part, providerOptions: { ...options, ...part.providerOptions } },
  );
}

type AssistantContent = Extract<LanguageModelV3Message, { role: "assistant" }>["content"];

function readAssistant(content: AssistantContent, warn: (message: string) => void): AssistantMessage[] {
  let text: string | undefined;
  let providerData: ProviderData | undefined;
  const reasoning: ReasoningPart[] = [];
  const toolCalls: ToolCall[] = [];
  for (const part of content) {
    const { providerData: own, messageData } = readCarried(part.providerOptions);
    if (messageData !== undefined) providerData = { ...providerData, ...messageData };
    const data = own === undefined ? {} : { providerData: own };
    switch (part.type) {
      case "text":
        text = (text ?? "") + part.text;
        break;
      case "reasoning":
        addThought(reasoning, { text: part.text, ...data });
        break;
      case "tool-call":
        if (part.providerExecuted) warn("a call that another provider ran itself was left out of the prompt");
        else
          toolCalls.push({
            id: part.toolCallId,
            name: part.toolName,
            arguments: inputText(part.input),
            ...data,
          });
        break;
      case "file":
        warn("a file that a model made was left out of the prompt");
        break;
      case "tool-result":
        // it belongs to a call that was told already
        break;
    }
  }
  if (text === undefined && reasoning.length === 0 && toolCalls.length === 0) return [];
  return [
    {
      role: "assistant",
      content: text ?? (toolCalls.length > 0 ? null : ""),
      ...(reasoning.length === 0 ? {} : { reasoning }),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
      ...(providerData === undefined ? {} : { providerData }),
    },
  ];
}

/** Only what its provider wants back ends a thought; a text between two pieces of one does not. */
function addThought(reasoning: ReasoningPart[], thought: ReasoningPart): void {
  const last = reasoning.at(-1);
  if (last === undefined || last.providerData !== undefined) reasoning.push(thought);
  else reasoning[reasoning.length - 1] = { ...thought, text: last.text + thought.text };
}

/** A call whose arguments were no JSON comes back as the text that the model wrote. */
function inputText(input: unknown): string {
  return typeof input === "string" ? input : JSON.stringify(input ?? {});
}

function readToolResult(
  { toolCallId, toolName, output }: LanguageModelV3ToolResultPart,
  warn: (message: string) => void,
): ToolMessage {
  const isError = ["error-text", "error-json", "execution-denied"].includes(output.type);
  const content = readOutput(output, warn);
  return { role: "tool", toolCallId, toolName, content, ...(isError ? { isError } : {}) };
}

function readOutput(
  output: LanguageModelV3ToolResultOutput,
  warn: (message: string) => void,
): string | ContentPart[] {
  switch (output.type) {
    case "text":
    case "error-text":
      return output.value;
    case "json":
    case "error-json":
      return JSON.stringify(output.value);
    case "execution-denied":
      return output.reason ?? "the person did not allow the call";
    case "content":
      return output.value.flatMap((item) => readItem(item, warn));
  }
}

type OutputItem = Extract<LanguageModelV3ToolResultOutput, { type: "content" }>["value"][number];

function readItem(item: OutputItem, warn: (message: string) => void): ContentPart[] {
  switch (item.type) {
    case "text":
      return [{ type: "text", text: item.text }];
    case "file-data":
      return [mediaPart(item.data, item.mediaType, item.filename)];
    case "image-data":
      return [mediaPart(item.data, item.mediaType)];
    case "file-url":
      return [{ type: "file", data: new URL(item.url) }];
    case "image-url":
      return [{ type: "image", data: new URL(item.url) }];
    default:
      warn(`a result of a tool has a part of the type ${item.type}, which was left out`);
      return [];
  }
}
