import {
  type AssistantMessage,
  ChatError,
  type ChatMessage,
  type ContentPart,
  type JsonObject,
  type MediaPart,
  type ProviderData,
  type ToolMessage,
} from "@fallthrough/core";
import { messageText, readMedia } from "@fallthrough/core/provider";
import { LAYOUT, type LaidBlock, readLayout } from "./layout.ts";
import { type AISDKModel, tagsData, type UrlPatterns } from "./model.ts";

/** Whom a prompt is for. */
export interface PromptTarget {
  /** The id of the provider: only its own `providerData` is sent. */
  readonly id: string;
  /** The model. */
  readonly model: AISDKModel;
  /** The addresses that it fetches by itself. */
  readonly supportedUrls: UrlPatterns;
}

/** The prompt of a request; @throws `unsupported` for what the model cannot be given */
export function formatPrompt(messages: readonly ChatMessage[], target: PromptTarget): JsonLike[] {
  const names = new Map<string, string>();
  const prompt: { readonly role: string; readonly content: unknown }[] = [];
  for (const message of messages) {
    switch (message.role) {
      case "system":
        prompt.push({ role: "system", content: message.content });
        break;
      case "user":
        prompt.push({ role: "user", content: formatContent(message.content, target) });
        break;
      case "assistant":
        for (const { id, name } of message.toolCalls ?? []) names.set(id, name);
        prompt.push({ role: "assistant", content: formatAssistant(message, target) });
        break;
      case "tool": {
        const result = formatResult(message, names.get(message.toolCallId), target);
        const last = prompt.at(-1);
        // the results of one turn are one message
        if (last?.role === "tool") (last.content as unknown[]).push(result);
        else prompt.push({ role: "tool", content: [result] });
        break;
      }
    }
  }
  return prompt;
}

/** What goes to a model, in a shape that depends on its version. */
type JsonLike = Readonly<Record<string, unknown>>;

function formatContent(content: string | readonly ContentPart[], target: PromptTarget): JsonLike[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.map((part) => {
    const options = optionsOf(part.providerData, target);
    if (part.type === "text") return { type: "text", text: part.text, ...options };
    return { ...formatFile(part, target), ...options };
  });
}

function formatFile(part: MediaPart, { model, supportedUrls }: PromptTarget): JsonLike {
  const media = readMedia(part);
  const named = part.name === undefined ? {} : { filename: part.name };
  if ("base64" in media) {
    const data = tagsData(model) ? { type: "data", data: media.base64 } : media.base64;
    return { type: "file", mediaType: media.mediaType, data, ...named };
  }
  const mediaType = part.mediaType ?? (part.type === "image" ? "image/*" : "application/octet-stream");
  if (!fetches(supportedUrls, mediaType, media.url)) {
    const what = part.type === "image" ? "images" : "files";
    const problem = `the model fetches no ${what} from ${new URL(media.url).origin} by itself`;
    throw new ChatError("unsupported", `${problem}, expected the bytes`, { need: what });
  }
  const url = new URL(media.url);
  return { type: "file", mediaType, data: tagsData(model) ? { type: "url", url } : url, ...named };
}

function fetches(patterns: UrlPatterns, mediaType: string, url: string): boolean {
  return Object.entries(patterns).some(([type, urls]) => {
    const family = familyOf(type);
    const asked = familyOf(mediaType);
    return (
      (asked.startsWith(family) || family.startsWith(asked)) &&
      urls.some((pattern) => new RegExp(pattern, "i").test(url))
    );
  });
}

/** The type before a star: `image/*` is any image. */
function familyOf(mediaType: string): string {
  return mediaType.replace(/\*.*$/, "");
}

function formatAssistant(message: AssistantMessage, target: PromptTarget): JsonLike[] {
  const { reasoning = [], toolCalls = [], providerData } = message;
  const text = message.content ?? "";
  const thoughts = reasoning.map((part) => ({
    type: "reasoning",
    text: part.text,
    ...optionsOf(part.providerData, target),
  }));
  const calls = toolCalls.map((call) => ({
    type: "tool-call",
    toolCallId: call.id,
    toolName: call.name,
    input: parseInput(call.arguments),
    ...optionsOf(call.providerData, target),
  }));
  const counts = { reasoning: thoughts.length, calls: calls.length, text: text.length };
  const layout = readLayout(providerData?.[target.id]?.[LAYOUT], counts);
  if (layout !== undefined) return layOut(layout, { thoughts, calls, text });
  return [...thoughts, ...(text === "" ? [] : [{ type: "text", text }]), ...calls];
}

function layOut(
  layout: readonly LaidBlock[],
  blocks: {
    readonly thoughts: readonly JsonLike[];
    readonly calls: readonly JsonLike[];
    readonly text: string;
  },
): JsonLike[] {
  const thoughts = blocks.thoughts.values();
  const calls = blocks.calls.values();
  let read = 0;
  return layout.map((block) => {
    if (block.type !== "text") return (block.type === "call" ? calls : thoughts).next().value as JsonLike;
    const text = blocks.text.slice(read, read + block.length);
    read += block.length;
    return { type: "text", text, ...(block.options === undefined ? {} : { providerOptions: block.options }) };
  });
}

/** The arguments as a value; a text that is no JSON goes as it is. */
function parseInput(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function formatResult(message: ToolMessage, name: string | undefined, target: PromptTarget): JsonLike {
  const { toolCallId, toolName = name ?? "", content, isError = false } = message;
  const output =
    typeof content === "string" || isError
      ? { type: isError ? "error-text" : "text", value: messageText(message) }
      : { type: "content", value: content.map((part) => formatItem(part, target)) };
  return { type: "tool-result", toolCallId, toolName, output };
}

/** Each version of the specification has a shape of its own for what a tool gives. */
function formatItem(part: ContentPart, target: PromptTarget): JsonLike {
  if (part.type === "text") return { type: "text", text: part.text };
  const file = formatFile(part, target);
  const { specificationVersion } = target.model;
  if (specificationVersion === "v4") return file;
  const { data, mediaType, filename } = file;
  if (specificationVersion === "v2") return { type: "media", data: String(data), mediaType };
  if (data instanceof URL) return { type: `${part.type}-url`, url: data.href };
  const named = part.type === "file" && filename !== undefined ? { filename } : {};
  return { type: `${part.type}-data`, data, mediaType, ...named };
}

/** What the model wrote itself, as it wrote it. */
function optionsOf(
  data: ProviderData | undefined,
  { id }: PromptTarget,
): { readonly providerOptions?: JsonObject } {
  const own = data?.[id];
  return own === undefined ? {} : { providerOptions: own };
}
