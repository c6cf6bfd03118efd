import type { ChatErrorCode } from "../errors/error-codes.ts";
import { type FieldParser, type FieldProblem, fieldProblem, kindOf } from "./parse-fields.ts";

/** A key, or several for one server. */
export type ApiKey = string | readonly string[];

/** A key, or a list of them. */
export const parseApiKey: FieldParser<ApiKey> = (value) => {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) throw wrongKey(value, "a key, or a list of keys");
  if (value.length === 0) throw wrongKey(value, "at least one key");
  return value.map((key, place) => {
    if (typeof key !== "string") throw wrongKey(key, "a key").within(place);
    return key;
  });
};

/** A value in the place of a key may be a key, so the message quotes none of it. */
function wrongKey(value: unknown, expected: string): FieldProblem {
  return fieldProblem(typeof value === "number" ? "is a number" : `is ${kindOf(value)}`, expected);
}

/** The keys of a setting, each once; an empty text is left out, because a configuration may refer to a variable that is not set. */
export function listKeys(apiKey: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(apiKey) ? apiKey : [apiKey];
  const keys = all.filter((key): key is string => typeof key === "string" && key.trim() !== "");
  return [...new Set(keys.map((key) => key.trim()))];
}

const OF_KEYS: readonly ChatErrorCode[] = ["auth", "payment", "rate-limit"];

/** Whether another key of the same server may be answered where one failed so. */
export function maySpeakOfKey(code: ChatErrorCode): boolean {
  return OF_KEYS.includes(code);
}
