import type { JsonObject, JsonValue } from "../contract/contract.ts";

/** The fields of both: where both have an object its fields are merged, elsewhere `over` wins. */
export function mergeFields(under: JsonObject | undefined, over: JsonObject): JsonObject {
  if (under === undefined) return over;
  const merged: Record<string, JsonValue | undefined> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const known = merged[name];
    merged[name] = isObject(known) && isObject(value) ? mergeFields(known, value) : value;
  }
  return merged;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
