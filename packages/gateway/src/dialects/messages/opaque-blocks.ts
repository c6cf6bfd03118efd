import type { JsonObject, ProviderData, ReasoningPart } from "@fallthrough/core";
import { fieldsOf } from "@fallthrough/core/provider";
import { isMarked, markData, readData } from "../../writer-mark.ts";

/** What a `redacted_thinking` block of this gateway may hold. */
export interface OpaqueData {
  /** A thought that has no text. */
  readonly thought?: ProviderData | undefined;
  /** What belongs to a call of a tool. */
  readonly call?:
    | {
        /** The id of the call. */
        readonly id: string;
        /** What its writer put beside it. */
        readonly data: ProviderData;
      }
    | undefined;
  /** What belongs to the message as a whole. */
  readonly message?: ProviderData | undefined;
}

/** The provider that an opaque value is for that came from Anthropic itself, without a mark. */
const ANTHROPIC = "anthropic";

/** The value of the `signature` of a thought. */
export function formatSignature(providerData: ProviderData): string {
  const [entry] = Object.entries(providerData);
  return entry === undefined ? "" : markData(...entry);
}

/** The `data` of the blocks that carry something beside the text; `id` names the call that it belongs to. */
export function formatRedacted(
  kind: keyof OpaqueData,
  providerData: ProviderData,
  id?: string,
): readonly string[] {
  return Object.entries(providerData).map(([provider, data]) =>
    markData(provider, { [kind]: data, ...(id === undefined ? {} : { id }) }),
  );
}

/** A thought that came back, with what proves it. */
export function readThought(text: string, signature: unknown): ReasoningPart {
  if (typeof signature !== "string" || signature === "") return { text };
  const providerData = isMarked(signature) ? readData(signature) : { [ANTHROPIC]: { signature } };
  return providerData === undefined ? { text } : { text, providerData };
}

/** What came back in the `data` of a `redacted_thinking` block; nothing of one that a client has changed. */
export function readRedacted(data: string): OpaqueData {
  if (!isMarked(data)) return { thought: { [ANTHROPIC]: { redacted_thinking: data } } };
  const [entry] = Object.entries(readData(data) ?? {});
  if (entry === undefined) return {};
  const [provider, { thought, call, message, id }] = entry;
  const own = (value: unknown): ProviderData | undefined =>
    value === undefined ? undefined : { [provider]: fieldsOf(value) as JsonObject };
  const called = own(call);
  return {
    thought: own(thought),
    call: called === undefined || typeof id !== "string" ? undefined : { id, data: called },
    message: own(message),
  };
}
