import type { ChatMessage } from "@fallthrough/registry";
import type { RecordedCall } from "./telemetry-options.ts";

/** Attributes that hold content, as JSON. */
export type ContentAttributes = {
  /** The messages of the request. */
  readonly "gen_ai.input.messages": string;
  /** The message that came, where one did. */
  readonly "gen_ai.output.messages"?: string | undefined;
};

/**
 * The content of a call as the GenAI conventions write it, for the option `record` of `createTelemetry`.
 *
 * Images and files are named by their kind alone.
 */
export function contentAttributes({ request, answer }: RecordedCall): ContentAttributes {
  const output = answer === undefined ? undefined : JSON.stringify([outputMessage(answer)]);
  return {
    "gen_ai.input.messages": JSON.stringify(request.messages.map(inputMessage)),
    ...(output === undefined ? {} : { "gen_ai.output.messages": output }),
  };
}

function inputMessage(message: ChatMessage): object {
  const { role, content } = message;
  const parts = typeof content === "string" ? [{ type: "text", content }] : (content ?? []).map(partOf);
  if (message.role === "tool") {
    const response = parts.map((part) => ("content" in part ? part.content : "")).join("");
    return { role, parts: [{ type: "tool_call_response", id: message.toolCallId, response }] };
  }
  const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  return { role, parts: [...parts, ...calls.map(callOf)] };
}

function partOf(part: { readonly type: string; readonly text?: string }): {
  readonly type: string;
  readonly content?: string | undefined;
} {
  return part.type === "text" ? { type: "text", content: part.text } : { type: part.type };
}

function outputMessage({ text, reasoning, toolCalls }: NonNullable<RecordedCall["answer"]>): object {
  return {
    role: "assistant",
    parts: [
      ...(reasoning === "" ? [] : [{ type: "reasoning", content: reasoning }]),
      ...(text === "" ? [] : [{ type: "text", content: text }]),
      ...toolCalls.map(callOf),
    ],
  };
}

function callOf({ id, name, arguments: text }: { id: string; name: string; arguments: string }): object {
  return { type: "tool_call", id, name, arguments: text };
}
