import type { ChatRequest, JsonObject, ReasoningEffort, ResponseFormat } from "@fallthrough/core";
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
import { readTools } from "../chat-completions/read-request.ts";
import { readImages, readMessages } from "./read-messages.ts";

/** What a client asks for. */
export interface OllamaRequest {
  /** What the chain is asked. */
  readonly chat: Omit<ChatRequest, "protocol" | "signal" | "timeouts">;
  /** Whether the answer is streamed. */
  readonly stream: boolean;
  /** What a request without any question asks for instead: that a model is loaded, or forgotten. */
  readonly loads?: "load" | "unload";
}

const EFFORTS: Readonly<Record<string, ReasoningEffort>> = {
  low: "low",
  medium: "medium",
  high: "high",
  max: "xhigh",
};

/** Reads the body of a chat; throws a refusal that names the field */
export function readChat(value: unknown): OllamaRequest {
  const { messages, ...body } = parseObject(value, "body");
  const given = parseOptional(messages, "messages", readMessages) ?? [];
  return readShared(body, given);
}

/** Reads the body of a single prompt; throws a refusal that names the field */
export function readGenerate(value: unknown): OllamaRequest {
  const { prompt, system, images, raw, suffix, context, ...body } = parseObject(value, "body");
  for (const [name, asked] of Object.entries({ raw, suffix, context })) {
    // as a chat it would be another question
    if (isAsked(asked))
      throw wrong(name, "none; a prompt that must reach the model as it is goes to /v1/completions");
  }
  const text = parseOptional(prompt, "prompt", parseText) ?? "";
  const pictures = parseOptional(images, "images", readImages) ?? [];
  const rule = parseOptional(system, "system", parseText) ?? "";
  if (text === "" && pictures.length === 0) return readShared(body, []);
  return readShared(body, [
    ...(rule === "" ? [] : [{ role: "system", content: rule } as const]),
    { role: "user", content: pictures.length === 0 ? text : [{ type: "text", text }, ...pictures] },
  ]);
}

function isAsked(value: unknown): boolean {
  const isEmpty = value === "" || value === false || (Array.isArray(value) && value.length === 0);
  return value !== undefined && value !== null && !isEmpty;
}

function readShared(body: Fields, messages: ChatRequest["messages"]): OllamaRequest {
  const { model, stream, format, options, tools, think, keep_alive, ...rest } = body;
  const { more, ...wishes } = readOptions(parseOptional(options, "options", parseObject) ?? {});
  const { extraFields } = restOf({ ...rest, options: more });
  const declared = parseOptional(tools, "tools", readTools) ?? [];
  return {
    chat: {
      model: parseOptional(model, "model", parseText),
      messages,
      ...wishes,
      reasoningEffort: parseOptional(think, "think", readThink),
      tools: declared.length === 0 ? undefined : declared,
      responseFormat: parseOptional(format, "format", readFormat),
      ...(extraFields === undefined ? {} : { extraFields }),
    },
    stream: parseOptional(stream, "stream", parseBoolean) ?? true,
    ...(messages.length > 0 ? {} : { loads: isZero(keep_alive) ? "unload" : "load" }),
  };
}

/** A duration as Ollama takes it: seconds, or a text such as `0s`. */
function isZero(value: unknown): boolean {
  return value === 0 || (typeof value === "string" && /^0+[a-z]*$/.test(value));
}

type Wishes = Pick<
  ChatRequest,
  | "maxOutputTokens"
  | "temperature"
  | "topP"
  | "topK"
  | "seed"
  | "stopSequences"
  | "presencePenalty"
  | "frequencyPenalty"
>;

function readOptions(options: Fields): Wishes & { readonly more: JsonObject | undefined } {
  const { temperature, top_p, top_k, seed, num_predict, stop, presence_penalty, frequency_penalty, ...rest } =
    options;
  const limit = parseOptional(num_predict, "options.num_predict", parseInteger);
  return {
    // a negative number means no limit
    maxOutputTokens: limit !== undefined && limit > 0 ? limit : undefined,
    temperature: parseOptional(temperature, "options.temperature", parseNumber),
    topP: parseOptional(top_p, "options.top_p", parseNumber),
    topK: parseOptional(top_k, "options.top_k", parseInteger),
    seed: parseOptional(seed, "options.seed", parseInteger),
    stopSequences: parseOptional(stop, "options.stop", readStop),
    presencePenalty: parseOptional(presence_penalty, "options.presence_penalty", parseNumber),
    frequencyPenalty: parseOptional(frequency_penalty, "options.frequency_penalty", parseNumber),
    more: restOf(rest).extraFields,
  };
}

function readStop(value: unknown, param: string): string[] {
  return typeof value === "string" ? [value] : parseList(value, param).map((stop) => parseText(stop, param));
}

function readThink(value: unknown, param: string): ReasoningEffort | undefined {
  // how much, the model knows itself
  if (value === true) return undefined;
  if (value === false) return "none";
  const effort = EFFORTS[`${value}`];
  if (effort === undefined) throw wrong(param, "true, false, low, medium, high or max");
  return effort;
}

function readFormat(value: unknown, param: string): ResponseFormat | undefined {
  if (value === "") return undefined;
  if (value === "json") return { type: "json" };
  return { type: "json", schema: parseObject(value, param) as JsonObject };
}
