import type { JsonObject, JsonValue, ProviderData } from "../contract/contract.ts";

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

/** A piece of a request that may carry fields of the wire. */
interface Extended {
  readonly providerData?: ProviderData | undefined;
  readonly extraFields?: JsonObject | undefined;
}

/** The fields of a piece over those that its caller and this provider added to it. */
export function withOwnFields(
  provider: string,
  { providerData, extraFields }: Extended,
  fields: JsonObject,
): JsonObject {
  return mergeFields(extraFields, mergeFields(providerData?.[provider], fields));
}
