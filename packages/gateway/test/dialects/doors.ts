import { createFallthrough } from "@fallthrough/ai-sdk";
import type { ChatMessage, ReasoningEffort, ToolDefinition } from "@fallthrough/core";
import type { Registry } from "@fallthrough/registry";
import { generateText, jsonSchema, type ModelMessage, streamText, type ToolSet, tool } from "ai";
import { createGateway } from "../../src/index.ts";
import { COLUMNS, post } from "./columns.ts";
import type { Column, Told, Turned } from "./dialogues.ts";

/** What is said in one step of a conversation: a question, or the results of the calls before it by their ids. */
type Said = { readonly question: string } | { readonly results: Readonly<Record<string, string>> };

/** A conversation that goes on. */
type Conversation = (said: Said) => Promise<Told>;

/** One way to a registry. */
export interface Door {
  readonly name: string;
  /** Begins a conversation with these tools. */
  open(registry: Registry, tools: readonly ToolDefinition[], reasoningEffort: ReasoningEffort): Conversation;
}

const SDK: Door = {
  name: "the SDK",
  open(registry, tools, reasoningEffort) {
    const messages: ChatMessage[] = [];
    return async (said) => {
      if ("question" in said) messages.push({ role: "user", content: said.question });
      else {
        for (const [toolCallId, content] of Object.entries(said.results)) {
          messages.push({ role: "tool", toolCallId, content });
        }
      }
      const { message, ...told } = await registry
        .chat({ messages, tools: [...tools], reasoningEffort })
        .result();
      messages.push(message);
      return told;
    };
  },
};

function dialectDoor(column: Column, stream: boolean): Door {
  return {
    name: `${column.name}, ${stream ? "streamed" : "whole"}`,
    open(registry, tools, reasoningEffort) {
      const gateway = createGateway(registry);
      const turns: Turned[] = [];
      let first = "";
      return async (said) => {
        const last = turns.pop();
        if (last !== undefined) turns.push({ ...last, ...said });
        else if ("question" in said) first = said.question;
        const ask = {
          messages: [{ role: "user" as const, content: first }],
          tools: [...tools],
          reasoningEffort,
        };
        const told = await column.read(await post(gateway, column, column.next(ask, stream, turns)), stream);
        turns.push({ history: told.history, results: {} });
        return told;
      };
    },
  };
}

function aiSDKDoor(stream: boolean): Door {
  return {
    name: `the AI SDK, ${stream ? "streamed" : "whole"}`,
    open(registry, tools, reasoningEffort) {
      const messages: ModelMessage[] = [];
      const called = new Map<string, string>();
      const set: ToolSet = Object.fromEntries(
        tools.map(({ name, parameters }) => [name, tool({ inputSchema: jsonSchema(parameters) })]),
      );
      return async (said) => {
        if ("question" in said) messages.push({ role: "user", content: said.question });
        else {
          const content = Object.entries(said.results).map(([toolCallId, value]) => ({
            type: "tool-result" as const,
            toolCallId,
            toolName: called.get(toolCallId) ?? "",
            output: { type: "text" as const, value },
          }));
          messages.push({ role: "tool", content });
        }
        const call = {
          model: createFallthrough(registry).languageModel("auto"),
          messages,
          tools: set,
          maxRetries: 0,
          providerOptions: { fallthrough: { reasoningEffort } },
        };
        const result = stream ? streamText(call) : await generateText(call);
        const [text, reasoningText, toolCalls, response] = await Promise.all([
          result.text,
          result.reasoningText,
          result.toolCalls,
          result.response,
        ]);
        messages.push(...response.messages);
        for (const { toolCallId, toolName } of toolCalls) called.set(toolCallId, toolName);
        return {
          text,
          reasoning: reasoningText,
          toolCalls: toolCalls.map(({ toolCallId: id, toolName: name, input }) => ({
            id,
            name,
            arguments: JSON.stringify(input),
          })),
        };
      };
    },
  };
}

/** Every way to a registry. */
export const DOORS: readonly Door[] = [
  SDK,
  ...COLUMNS.flatMap((column) => [dialectDoor(column, true), dialectDoor(column, false)]),
  aiSDKDoor(true),
  aiSDKDoor(false),
];
