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

/** What stands in the place of a key may be one, so that no digit of it is told. */
function wrongKey(value: unknown, expected: string): FieldProblem {
  return fieldProblem(typeof value === "number" ? "is a number" : `is ${kindOf(value)}`, expected);
}

/** The keys of a setting, each once; a configuration may fill a variable that is not set into it, which is none. */
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
