import type { JsonObject, JsonValue, ProviderData } from "@fallthrough/core";
import { fieldsOf, parseJson } from "@fallthrough/core/provider";

/**
 * Says on the wire who wrote an opaque value.
 *
 * Clients send such values back without a word about their origin, and a server answers another's signature with 400.
 * The mark is in the value itself, because clients keep only the fields that they know.
 */
const MARK = /^fallthrough:([a-z0-9][a-z0-9-]{0,38}):([\s\S]*)$/;

/** A text with the mark of the provider that wrote it. */
function markText(provider: string, text: string): string {
  return `fallthrough:${provider}:${text}`;
}

/** The provider that wrote a marked text, and the text as it wrote it; `undefined` for one without a mark. */
function readMark(value: unknown): { readonly provider: string; readonly text: string } | undefined {
  const [, provider, text] = (typeof value === "string" && MARK.exec(value)) || [];
  return provider === undefined || text === undefined ? undefined : { provider, text };
}

/** A JSON value with the mark on each text in it for which `isOpaque` holds. */
export function markTexts(
  provider: string,
  value: JsonValue,
  isOpaque: (name: string) => boolean = () => true,
  name: string = "",
): JsonValue {
  if (typeof value === "string") return isOpaque(name) ? markText(provider, value) : value;
  if (Array.isArray(value)) return value.map((one: JsonValue) => markTexts(provider, one, isOpaque, name));
  if (typeof value !== "object" || value === null) return value;
  return mapFields(value as JsonObject, (one, key) => markTexts(provider, one, isOpaque, key));
}

/** A JSON value without its marks, and who wrote it; nobody where there is no mark in it. */
export function readMarks(value: JsonValue): {
  readonly provider: string | undefined;
  readonly value: JsonValue;
} {
  let provider: string | undefined;
  const read = (one: JsonValue): JsonValue => {
    if (typeof one === "string") {
      const mark = readMark(one);
      provider ??= mark?.provider;
      return mark?.text ?? one;
    }
    if (Array.isArray(one)) return one.map(read);
    return typeof one === "object" && one !== null ? mapFields(one as JsonObject, read) : one;
  };
  const plain = read(value);
  return { provider, value: plain };
}

/** What a provider wrote that has no place of its own on the wire, as one marked text. */
export function markData(provider: string, data: JsonObject): string {
  return markText(provider, JSON.stringify(data));
}

/** Whether a text says who wrote it. */
export function isMarked(text: string): boolean {
  return MARK.test(text);
}

/** The data behind a text of `markData`; `undefined` for any other value. */
export function readData(value: unknown): ProviderData | undefined {
  const mark = readMark(value);
  if (mark === undefined) return undefined;
  try {
    return { [mark.provider]: fieldsOf(parseJson(mark.text, "a marked value")) as JsonObject };
  } catch {
    // a client that changes it loses it
    return undefined;
  }
}

/** Both, where one provider may have written in each. */
export function mergeData(
  one: ProviderData | undefined,
  other: ProviderData | undefined,
): ProviderData | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const merged: ProviderData = { ...one };
  for (const [provider, data] of Object.entries(other)) merged[provider] = { ...merged[provider], ...data };
  return merged;
}

function mapFields(fields: JsonObject, map: (value: JsonValue, name: string) => JsonValue): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, map(value, name)]],
    ),
  );
}
