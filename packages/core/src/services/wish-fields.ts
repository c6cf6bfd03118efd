import type { ChatRequest, JsonObject, JsonValue } from "../contract/contract.ts";
import type { Wish } from "../contract/requirements.ts";
import { mergeFields } from "./merge-fields.ts";

/** The fields that a wish becomes in a body, or in words why it is left out: what excludes it in the same request. */
export type WishFormat<Value> = (value: Value, request: ChatRequest, model: string) => JsonObject | string;

/**
 * The field of the body for each wish that a protocol knows: its path with dots, or what makes its fields.
 *
 * A wish without an entry is left out with a warning.
 */
export type WishTable = {
  readonly [Name in Exclude<Wish, "extraFields">]?: string | WishFormat<NonNullable<ChatRequest[Name]>>;
};

/** What the wishes of one request become. */
export interface WishFields {
  /** Fields of the body. */
  readonly fields: JsonObject;
  /** What is left out and why, in words. */
  readonly adjusted: readonly string[];
}

const OF_TOOLS: readonly string[] = ["toolChoice", "parallelToolCalls"] satisfies Wish[];

/** What a request wishes, as its protocol has it. How tools are called is no wish of a request without any. */
export function wishFields(request: ChatRequest, wishes: WishTable, model: string): WishFields {
  const { tools = [] } = request;
  const adjusted: string[] = [];
  let fields: JsonObject = {};
  for (const [wish, format] of Object.entries(wishes)) {
    const value = request[wish as keyof WishTable];
    if (value === undefined || (tools.length === 0 && OF_TOOLS.includes(wish))) continue;
    const own =
      typeof format === "string"
        ? fieldAt(format, value)
        : (format as WishFormat<unknown>)(value, request, model);
    if (typeof own === "string") adjusted.push(`\`${wish}\` was left out, because ${own}`);
    else fields = mergeFields(fields, own);
  }
  return { fields, adjusted };
}

function fieldAt(path: string, value: JsonValue): JsonObject {
  const names = path.split(".");
  return names.reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), value) as JsonObject;
}
