import type { JsonObject, JsonValue } from "@fallthrough/core";
import type { Layout } from "@fallthrough/core/provider";

/** What a message keeps beside its parts. */
export type AnswerNote = {
  /** The order of its items, where it is not the usual one. */
  readonly layout?: Layout | undefined;
  /** What each piece of its text is for: `commentary` or `final_answer`. */
  readonly phases?: readonly (string | null)[] | undefined;
};

/** What a thought keeps beside its text. */
export type ThoughtNote = {
  /** As the server named the item. */
  readonly id?: string | undefined;
  /** All of the thought, for the server alone. */
  readonly encrypted_content?: string | undefined;
  /** The thought itself, of a server that encrypts none. */
  readonly content?: JsonValue | undefined;
  /** The pieces of its summary, where they are not one. */
  readonly summary?: readonly JsonObject[] | undefined;
};
