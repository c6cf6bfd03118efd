import type { JsonObject, ProviderData } from "../contract/contract.ts";
import { fieldsOf } from "../parts/json.ts";

/** Who writes an answer, and alone understands the data that it keeps beside it. */
export interface Writer {
  /** The provider's id: its data are kept under it. */
  readonly provider: string;
  /** The field below the id, for a provider with several protocols. @default the data stand under the id itself */
  readonly note?: string | undefined;
}

/** What this writer keeps in the data of a message, a thought or a call; nothing where another one wrote it. */
export function ownData(data: ProviderData | undefined, { provider, note }: Writer): JsonObject {
  const own = data?.[provider] ?? {};
  return note === undefined ? own : (fieldsOf(own[note]) as JsonObject);
}

/** The same data as a message, a thought or a call holds them. */
export function asOwnData(data: JsonObject, { provider, note }: Writer): ProviderData {
  return { [provider]: note === undefined ? data : { [note]: data } };
}
