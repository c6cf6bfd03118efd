import type { ChatRequest, JsonObject, ResponseFormat, Warning } from "@fallthrough/core";
import { isReasoningEffort } from "@fallthrough/core/internal";
import {
  type Fields,
  parseBoolean,
  parseInteger,
  parseList,
  parseNumber,
  parseObject,
  parseOptional,
  parseText,
  restOf,
  wrong,
} from "../../parse-fields.ts";
import { Refusal } from "../../refusal.ts";
import type { Item } from "./items.ts";
import { createConversation, type ItemSources } from "./read-items.ts";
import { type ReadToolChoice, readToolChoice, readTools } from "./read-tools.ts";

/** What a request may refer to. */
export interface RequestSources extends Omit<ItemSources, "warn"> {
  /** The items of a conversation, oldest first; throws a refusal where they are gone */
  findConversation(responseId: string): readonly Item[];
  /** Whether responses can be referred to later. */
  readonly remembers: boolean;
}

/** What a client asks for. */
export interface ResponseRequest {
  /** What the chain is asked. */
  readonly chat: Omit<ChatRequest, "signal" | "timeouts">;
  /** Whether the answer is streamed. */
  readonly stream: boolean;
  /** Whether later requests may refer to the answer. */
  readonly store: boolean;
  /** The response that this one goes on from. */
  readonly previousId: string | undefined;
  /** The items that are new in this request. */
  readonly input: readonly Item[];
  /** The names of the tools whose input is free text. */
  readonly custom: ReadonlySet<string>;
  /** What was asked and not done. */
  readonly warnings: readonly Warning[];
  /** What each response object repeats of the request. */
  readonly echo: object;
}

/** Reads the body of a request for a response; throws a refusal that names the field */
export function readRequest(value: unknown, sources: RequestSources): ResponseRequest {
  const {
    model,
    input,
    messages,
    instructions,
    previous_response_id,
    stream,
    max_output_tokens,
    temperature,
    top_p,
    presence_penalty,
    frequency_penalty,
    parallel_tool_calls,
    tools,
    tool_choice,
    text,
    reasoning,
    store,
    metadata,
    truncation,
    service_tier,
    safety_identifier,
    prompt_cache_key,
    max_tool_calls,
    top_logprobs,
    context_management,
    background,
    conversation,
    prompt,
    // what a server keeps to itself
    include: _,
    stream_options: __,
    prompt_cache_retention: ___,
    client_metadata: ____,
    type: _____,
    ...rest
  } = parseObject(value, "body");
  if (input === undefined && messages !== undefined) {
    throw wrong("input", "a text or a list of items; a body with `messages` belongs to /v1/chat/completions");
  }
  refuse("background", background, false);
  refuse("conversation", conversation);
  refuse("prompt", prompt);
  const warnings: Warning[] = [];
  const warn = (message: string): void => {
    if (warnings.some((known) => known.message === message)) return;
    warnings.push({ code: "unsupported", message });
  };
  if (top_logprobs) warn("`top_logprobs` is left out, because no provider reports them");
  if (truncation === "auto") warn("`truncation` is left out, because the gateway shortens no conversation");
  if (context_management)
    warn("`context_management` is left out, because the gateway shortens no conversation");

  const previousId = parseOptional(previous_response_id, "previous_response_id", parseText);
  const told = parseOptional(instructions, "instructions", parseText);
  const items = readInput(input);
  const dialogue = createConversation({ ...sources, warn });
  const before = previousId === undefined ? [] : sources.findConversation(previousId);
  for (const item of before) dialogue.take(item, "previous_response_id");
  for (const [index, item] of items.entries()) dialogue.take(item, `input[${index}]`);
  if (dialogue.messages.length === 0) throw wrong("input", "a text, or at least one item");

  const declared = readTools(parseOptional(tools, "tools", parseList) ?? [], "tools", warn);
  const chosen: ReadToolChoice =
    tool_choice === undefined || tool_choice === null
      ? { choice: undefined, echo: "auto" }
      : readToolChoice(tool_choice, "tool_choice", declared);
  const usable = declared.tools.filter(({ name }) => chosen.allowed?.has(name) ?? true);
  const { format, verbosity, ...moreText } = parseOptional(text, "text", parseObject) ?? {};
  const { effort, summary, ...moreReasoning } = parseOptional(reasoning, "reasoning", parseObject) ?? {};
  const known = isReasoningEffort(effort) ? effort : undefined;
  const limit = parseOptional(max_output_tokens, "max_output_tokens", parseInteger);
  const parallel = parseOptional(parallel_tool_calls, "parallel_tool_calls", parseBoolean);
  const tier = parseOptional(service_tier, "service_tier", parseText);
  const wishes = {
    temperature: parseOptional(temperature, "temperature", parseNumber),
    topP: parseOptional(top_p, "top_p", parseNumber),
    presencePenalty: parseOptional(presence_penalty, "presence_penalty", parseNumber),
    frequencyPenalty: parseOptional(frequency_penalty, "frequency_penalty", parseNumber),
  };
  const { extraFields } = restOf({
    ...rest,
    ...namedRest("text", { ...moreText, verbosity }),
    // a word of a newer server is that server's to understand
    ...namedRest("reasoning", { ...moreReasoning, effort: known === undefined ? effort : undefined }),
    safety_identifier,
    service_tier: tier === "auto" || tier === "default" ? undefined : tier,
  });
  const read = readFormat(format, "text.format");
  const stored = (parseOptional(store, "store", parseBoolean) ?? true) && sources.remembers;
  return {
    chat: {
      model: parseOptional(model, "model", parseText),
      messages: [
        ...(told === undefined || told === "" ? [] : [{ role: "system" as const, content: told }]),
        ...dialogue.messages,
      ],
      maxOutputTokens: limit,
      ...wishes,
      reasoningEffort: known,
      tools: usable.length === 0 ? undefined : usable,
      toolChoice: usable.length === 0 ? undefined : chosen.choice,
      parallelToolCalls: parallel,
      responseFormat: read?.format,
      ...(extraFields === undefined ? {} : { extraFields }),
    },
    stream: parseOptional(stream, "stream", parseBoolean) ?? false,
    store: stored,
    previousId,
    input: items,
    custom: declared.custom,
    warnings,
    echo: {
      previous_response_id: previousId ?? null,
      instructions: told ?? null,
      tools: declared.echo,
      tool_choice: chosen.echo,
      truncation: "disabled",
      parallel_tool_calls: parallel ?? true,
      text: { format: read?.echo ?? { type: "text" }, ...(verbosity ? { verbosity } : {}) },
      top_p: wishes.topP ?? 1,
      presence_penalty: wishes.presencePenalty ?? 0,
      frequency_penalty: wishes.frequencyPenalty ?? 0,
      temperature: wishes.temperature ?? 1,
      top_logprobs: 0,
      reasoning: reasoning ? { effort: effort ?? null, summary: summary ?? null } : null,
      max_output_tokens: limit ?? null,
      max_tool_calls: parseOptional(max_tool_calls, "max_tool_calls", parseInteger) ?? null,
      store: stored,
      background: false,
      service_tier: tier === undefined || tier === "auto" ? "default" : tier,
      metadata: parseOptional(metadata, "metadata", parseObject) ?? {},
      safety_identifier: parseOptional(safety_identifier, "safety_identifier", parseText) ?? null,
      prompt_cache_key: parseOptional(prompt_cache_key, "prompt_cache_key", parseText) ?? null,
    },
  };
}

/** What is left of a nested object, under its name. */
function namedRest(name: string, fields: Fields): Fields {
  const { extraFields } = restOf(fields);
  return extraFields === undefined ? {} : { [name]: extraFields };
}

/** The items of an input; a text is a message of the user. */
export function readInput(input: unknown): readonly Item[] {
  if (input === undefined || input === null) return [];
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  return parseList(input, "input").map((item, index) => parseObject(item, `input[${index}]`));
}

/** Throws a refusal for what this gateway cannot do and a client must not be left to believe in. */
function refuse(param: string, value: unknown, harmless: unknown = null): void {
  if (value === undefined || value === null || value === harmless) return;
  throw new Refusal(400, `\`${param}\` is not supported by this gateway, expected it to be left out`, {
    code: "unsupported_parameter",
    param,
  });
}

function readFormat(
  value: unknown,
  param: string,
): { readonly format: ResponseFormat; readonly echo: object } | undefined {
  if (value === undefined || value === null) return undefined;
  const { type, name, description, schema, strict } = parseObject(value, param);
  if (type === "text") return { format: { type }, echo: { type } };
  if (type === "json_object") return { format: { type: "json" }, echo: { type } };
  if (type !== "json_schema") throw wrong(`${param}.type`, "text, json_object or json_schema");
  const format = {
    type: "json" as const,
    schema: parseOptional(schema, `${param}.schema`, parseObject) as JsonObject | undefined,
    name: parseOptional(name, `${param}.name`, parseText),
    description: parseOptional(description, `${param}.description`, parseText),
    strict: parseOptional(strict, `${param}.strict`, parseBoolean),
  };
  const echo = {
    type,
    name: format.name ?? "answer",
    description: format.description ?? null,
    schema: format.schema ?? null,
    strict: format.strict ?? false,
  };
  return { format, echo };
}
