import type { JsonObject, ProviderData } from "@fallthrough/core";
import { fieldsOf } from "@fallthrough/core/provider";
import { markData, readData } from "../../writer-mark.ts";

/**
 * What a provider wrote beside one answer, each piece for the provider that wrote it.
 *
 * Clients send back only the fields of an item that they know, and `encrypted_content` of a reasoning item is one that
 * all of them know. So it carries what belongs to a message or to a call as well.
 */
export interface SealedData {
  /** Of the thought that the item holds. */
  readonly thought?: JsonObject | undefined;
  /** Of the message. */
  readonly message?: JsonObject | undefined;
  /** Of calls, by their ids. */
  readonly calls?: Readonly<Record<string, JsonObject>> | undefined;
}

/** The text of `encrypted_content`, one for each provider that wrote something. */
export function formatSealedData(
  data: ProviderData | undefined,
  place: (own: JsonObject) => SealedData,
): readonly string[] {
  return Object.entries(data ?? {}).map(([provider, own]) => markData(provider, place(own) as JsonObject));
}

/** What was read of `encrypted_content`: data that nobody here has written is `undefined`. */
export function readSealedData(text: string):
  | {
      /** Who wrote it. */
      readonly provider: string;
      /** What it wrote. */
      readonly data: SealedData;
    }
  | undefined {
  const [entry] = Object.entries(readData(text) ?? {});
  if (entry === undefined) return undefined;
  const [provider, own] = entry;
  const { thought, message, calls } = fieldsOf(own);
  const data = {
    thought: objectOf(thought),
    message: objectOf(message),
    calls: Object.fromEntries(
      Object.entries(fieldsOf(calls)).map(([id, one]) => [id, fieldsOf(one) as JsonObject]),
    ),
  };
  return { provider, data };
}

function objectOf(value: unknown): JsonObject | undefined {
  return value === undefined ? undefined : (fieldsOf(value) as JsonObject);
}
