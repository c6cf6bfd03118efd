import type { ChatRequest, JsonObject, ToolCall } from "@fallthrough/core";
import {
  answerBlocks,
  argumentsOf,
  type BlockForm,
  callsById,
  contentBlocks,
  type FormattedRequest,
  inOrderOfCalls,
  messageText,
  ownData,
  type RequestTarget,
  systemBlocks,
  type TurnMessage,
  toolBlocks,
  turnsOf,
} from "@fallthrough/core/provider";

const FORM: BlockForm = {
  text: (text) => ({ text }),
  media: ({ mediaType }, media) =>
    "url" in media
      ? { fileData: { mimeType: mediaType, fileUri: media.url } }
      : { inlineData: { mimeType: media.mediaType, data: media.base64 } },
  // one without a signature tells the server nothing
  thought: ({ text }, { thoughtSignature }) =>
    thoughtSignature === undefined ? undefined : { text, thought: true, thoughtSignature },
  call: ({ name, arguments: text }, { id, thoughtSignature }) => ({
    functionCall: { id, name, args: argumentsOf(text) },
    thoughtSignature,
  }),
};

/** The body of a request. */
export function formatBody(
  request: ChatRequest,
  target: RequestTarget,
): Pick<FormattedRequest, "fields" | "fixed"> {
  const { messages, responseFormat } = request;
  const json = responseFormat?.type === "json" ? responseFormat : undefined;
  const system = systemBlocks(messages, FORM);
  const functionDeclarations = toolBlocks(request, ({ name, description, parameters }) => ({
    name,
    description,
    parametersJsonSchema: parameters,
  }));
  const calls = callsById(messages);
  const turns = turnsOf(inOrderOfCalls(messages), "model", (message) =>
    formatMessage(message, target, calls),
  );
  return {
    fields: {
      systemInstruction: system.length === 0 ? undefined : { parts: system },
      generationConfig: json && { responseMimeType: "application/json", responseJsonSchema: json.schema },
      tools: functionDeclarations && [{ functionDeclarations }],
    },
    fixed: { contents: turns.map(({ role, blocks }) => ({ role, parts: blocks })) },
  };
}

function formatMessage(
  message: TurnMessage,
  target: RequestTarget,
  calls: ReadonlyMap<string, ToolCall>,
): readonly JsonObject[] {
  if (message.role === "assistant") return answerBlocks(message, target, FORM);
  const { role, content } = message;
  if (role === "user") return contentBlocks(content, target.provider, FORM);
  const media = typeof content === "string" ? [] : content.filter(({ type }) => type !== "text");
  const parts = contentBlocks(media, target.provider, FORM);
  const text = messageText(message);
  const call = calls.get(message.toolCallId);
  const functionResponse = {
    id: ownData(call?.providerData, target)["id"],
    name: message.toolName ?? call?.name ?? "",
    // the protocol wants an object
    response: message.isError ? { error: text } : { output: text },
    parts: parts.length === 0 ? undefined : parts,
  };
  return [{ functionResponse }];
}
