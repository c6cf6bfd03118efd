import type { ChatErrorCode } from "@fallthrough/core";

/** What may cure a failure: a fresh look at the page, or the message cached once more under another key. */
type Remedy = "page" | "key";

/** A failure that the site told in its own way. */
export interface Failure {
  readonly code: ChatErrorCode;
  /** As an error quotes it, without the provider's name. */
  readonly message: string;
  readonly remedy?: Remedy | undefined;
  /** HTTP status. */
  readonly status?: number | undefined;
  /** Milliseconds until the site wants to be asked again. */
  readonly retryAfterMs?: number | undefined;
}

/** Whether a value is a failure and not an answer. */
export function isFailure(value: object): value is Failure {
  return "code" in value && "message" in value;
}

/** What WordPress says of an action that no plugin registered: the plugin is gone, or of the other generation. */
export const UNKNOWN_ACTION: Failure = {
  code: "protocol",
  message: "admin-ajax.php does not know the action of the chat",
  remedy: "page",
};
