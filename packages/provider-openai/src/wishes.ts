import type { JsonObject, JsonValue } from "@fallthrough/core";
import {
  type Concession,
  fieldsOf,
  mapIds,
  plainConcession,
  type ToolCallIdForm,
  withoutField,
} from "@fallthrough/core/provider";

/** Sampling settings that are left out where a server does not take them. */
const PLAIN_WISHES: readonly string[] = [
  "temperature",
  "top_p",
  "top_k",
  "presence_penalty",
  "frequency_penalty",
  "seed",
  "stop",
  "reasoning_effort",
  "parallel_tool_calls",
];

/** What a server may refuse of the body of a request. */
export const CONCESSIONS: readonly Concession[] = [
  ...PLAIN_WISHES.map((field) => plainConcession(field)),
  { field: "stream_options", apply: (body) => withoutField(body, "stream_options") },
  { field: "max_tokens", apply: (body) => renamed(body, "max_tokens", "max_completion_tokens") },
  { field: "max_completion_tokens", apply: (body) => renamed(body, "max_completion_tokens", "max_tokens") },
  {
    field: "tool_choice",
    warning: "the server refused `tool_choice`, so it was asked in another way",
    apply: withoutToolChoice,
  },
  {
    field: "strict",
    warning: "the server refused `strict`, so it was asked without it",
    apply: withoutStrict,
  },
  { field: "reasoning_content", apply: (body) => withoutThoughts(body, "reasoning_content") },
  {
    field: "id",
    // Mistral: "Tool call id was .. but must be a-z, A-Z, 0-9, with a length of 9."
    // OpenAI: "Invalid 'messages[2].tool_calls[0].id': string too long."
    words: /\btool[_ ]calls?(?:_id\b|\b.*\bid\b).*\b(?:length|long|characters)\b/is,
    apply: withShortIds,
  },
  // every other refusal may speak of content
  { field: "content", words: false, apply: withBlankContent },
];

function renamed(body: JsonObject, field: string, other: string): JsonObject | undefined {
  const value = body[field];
  const rest = body[other] === undefined ? withoutField(body, field) : undefined;
  return rest === undefined ? undefined : { ...rest, [other]: value };
}

/** One tool that is required and the only one is the same as that tool by its name. */
function withoutToolChoice(body: JsonObject): JsonObject | undefined {
  const { tool_choice: choice, tools } = body;
  const name = fieldsOf(fieldsOf(choice)["function"])["name"];
  if (name === undefined) return withoutField(body, "tool_choice");
  const tool = listOf(tools).filter((value) => fieldsOf(fieldsOf(value)["function"])["name"] === name);
  return tool.length === 0
    ? withoutField(body, "tool_choice")
    : { ...body, tool_choice: "required", tools: tool };
}

function withoutStrict(body: JsonObject): JsonObject | undefined {
  const text = JSON.stringify([body["response_format"], body["tools"]]);
  if (!text.includes('"strict":')) return undefined;
  const { response_format, tools } = body;
  const schema = fieldsOf(response_format)["json_schema"] as JsonObject | undefined;
  return {
    ...body,
    ...(schema === undefined
      ? {}
      : { response_format: { ...fieldsOf(response_format), json_schema: { ...schema, strict: undefined } } }),
    ...(tools === undefined ? {} : { tools: listOf(tools).map(looseTool) }),
  } as JsonObject;
}

function looseTool(tool: JsonValue): JsonObject {
  const { function: called, ...rest } = fieldsOf(tool);
  return { ...rest, function: { ...fieldsOf(called), strict: undefined } } as JsonObject;
}

function withoutThoughts(body: JsonObject, field: string): JsonObject | undefined {
  const messages = listOf(body["messages"]);
  if (!messages.some((message) => field in fieldsOf(message))) return undefined;
  return {
    ...body,
    messages: messages.map((message) => withoutField(message as JsonObject, field) ?? message),
  };
}

/** Nine letters and digits, which fit every server: each refuses ids of the others in its own way. */
const SHORT_ID: ToolCallIdForm = { shape: /^[a-zA-Z0-9]{9}$/, length: 9 };

function withShortIds(body: JsonObject): JsonObject | undefined {
  const messages = listOf(body["messages"]).map(fieldsOf);
  const ids = messages.flatMap(({ tool_call_id, tool_calls }) => [
    tool_call_id,
    ...listOf(tool_calls).map((call) => fieldsOf(call)["id"]),
  ]);
  const known = ids.filter((id) => typeof id === "string");
  const idOf = mapIds(known, SHORT_ID);
  if (known.every((id) => idOf(id) === id)) return undefined;
  return { ...body, messages: messages.map((message) => withIds(message, idOf)) };
}

function withIds(message: ReturnType<typeof fieldsOf>, idOf: (id: string) => string): JsonObject {
  const { tool_call_id, tool_calls, ...rest } = message;
  return {
    ...rest,
    ...(typeof tool_call_id === "string" ? { tool_call_id: idOf(tool_call_id) } : {}),
    ...(tool_calls === undefined
      ? {}
      : {
          tool_calls: listOf(tool_calls).map((call) => ({
            ...fieldsOf(call),
            id: idOf(String(fieldsOf(call)["id"])),
          })),
        }),
  } as JsonObject;
}

/** Some servers refuse the `null` that replaces an empty text. */
function withBlankContent(body: JsonObject): JsonObject | undefined {
  const messages = listOf(body["messages"]);
  if (!messages.some((message) => fieldsOf(message)["content"] === null)) return undefined;
  const blank = messages.map((message) =>
    fieldsOf(message)["content"] === null ? { ...fieldsOf(message), content: "" } : message,
  );
  return { ...body, messages: blank as JsonValue[] };
}

function listOf(value: unknown): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
