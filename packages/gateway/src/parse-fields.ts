import type { JsonObject } from "@fallthrough/core";
import { Refusal } from "./refusal.ts";

/** Fields of a JSON object of the client. */
export type Fields = {
  /** The value of each field, not checked yet. */
  readonly [name: string]: unknown;
};

/** The refusal of a body whose field is not as it must be. */
export function wrong(param: string, expected: string): Refusal {
  return new Refusal(400, `\`${param}\` is wrong, expected ${expected}`, { param });
}

/** A JSON object; throws a refusal */
export function parseObject(value: unknown, param: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(param, "an object");
  return value as Fields;
}

/** A list; throws a refusal */
export function parseList(value: unknown, param: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(param, "a list");
  return value;
}

/** A text; throws a refusal */
export function parseText(value: unknown, param: string): string {
  if (typeof value !== "string") throw wrong(param, "a string");
  return value;
}

/** What `parse` makes of a value, or `undefined` where the client left it out. */
export function parseOptional<Value>(
  value: unknown,
  param: string,
  parse: (value: unknown, param: string) => Value,
): Value | undefined {
  return value === undefined || value === null ? undefined : parse(value, param);
}

/** A finite number; throws a refusal */
export function parseNumber(value: unknown, param: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrong(param, "a number");
  return value;
}

/** A whole number; throws a refusal */
export function parseInteger(value: unknown, param: string): number {
  if (!Number.isSafeInteger(value)) throw wrong(param, "a whole number");
  return value as number;
}

/** True or false; throws a refusal */
export function parseBoolean(value: unknown, param: string): boolean {
  if (typeof value !== "boolean") throw wrong(param, "true or false");
  return value;
}

/** The fields of a client that nobody here has read, for servers of the same protocol; one that is `null` says nothing. */
export function restOf(fields: Fields): { readonly extraFields?: JsonObject } {
  const rest = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return rest.length === 0 ? {} : { extraFields: Object.fromEntries(rest) as JsonObject };
}
