import type {
  LanguageModelV3Content,
  LanguageModelV3GenerateResult,
  SharedV3Warning,
} from "@ai-sdk/provider";
import type { ChatResult } from "@fallthrough/core";
import { callMetadata, carry, countsOf, endReason, warningOf } from "./metadata.ts";

/** A whole answer in the words of the AI SDK. */
export function generateResult(
  result: ChatResult,
  warnings: readonly SharedV3Warning[],
): LanguageModelV3GenerateResult {
  const { response, finishReason, rawFinishReason, usage, route } = result;
  const modelId = result.model ?? route.model;
  return {
    content: contentOf(result),
    finishReason: endReason(finishReason, rawFinishReason),
    usage: countsOf(usage),
    warnings: [...warnings, ...result.warnings.map(warningOf)],
    providerMetadata: callMetadata(route, []),
    response: {
      timestamp: new Date(),
      ...(response?.id === undefined ? {} : { id: response.id }),
      ...(modelId === undefined ? {} : { modelId }),
      ...(response?.headers === undefined ? {} : { headers: { ...response.headers } }),
    },
  };
}

function contentOf({ message, text, sources }: ChatResult): LanguageModelV3Content[] {
  const { reasoning = [], toolCalls = [], providerData: messageData } = message;
  const content = [
    ...reasoning.map(({ text: thought, providerData }) => ({
      part: { type: "reasoning", text: thought } as const,
      providerData,
    })),
    ...(text === "" ? [] : [{ part: { type: "text", text } as const, providerData: undefined }]),
    ...toolCalls.map(({ id, name, arguments: input, providerData }) => ({
      part: { type: "tool-call", toolCallId: id, toolName: name, input } as const,
      providerData,
    })),
  ];
  return [
    ...content.map(({ part, providerData }, index) => ({
      ...part,
      ...carry({ providerData, messageData: index === content.length - 1 ? messageData : undefined }),
    })),
    ...sources.map(({ url, title }) => ({
      type: "source" as const,
      sourceType: "url" as const,
      id: crypto.randomUUID(),
      url,
      ...(title === undefined ? {} : { title }),
    })),
  ];
}
