import type { JsonObject, StreamPart, ToolCall } from "../contract/contract.ts";
import { ChatError } from "../errors/chat-error.ts";
import { quote } from "../errors/redact.ts";
import { parseJson } from "../parts/json.ts";

/** How an answer ended: for a reason that the server gave, at a limit that may have cut a call, or without a reason. */
export type CallsEnd = "told" | "limit" | "untold";

/** Replaces arguments that are missing or no JSON object. */
const NO_ARGUMENTS = "{}";

/**
 * The parts of a call whose answer has ended; none for one that a limit cut.
 *
 * @throws `protocol` for a call without a name, `interrupted` for a cut one where nobody said why
 */
export function completeCall(call: ToolCall, end: CallsEnd): StreamPart[] {
  const { name, arguments: text } = call;
  const whole = isWholeObject(text);
  const blank = text.trim() === "";
  if (end === "limit" && !whole) return [];
  if (end === "untold" && !whole && !blank) {
    throw new ChatError("interrupted", `the call of tool ${quote(name)} ended in the middle`);
  }
  if (name === "") throw new ChatError("protocol", "the answer has a tool call without a name");
  const complete: StreamPart = { type: "tool-call", ...call, arguments: blank ? NO_ARGUMENTS : text };
  return whole || blank ? [complete] : [notJson(name), complete];
}

/** Whether this text is one JSON object, as arguments are. */
export function isWholeObject(text: string): boolean {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}")) return false;
  try {
    parseJson(trimmed, "the arguments of a tool call");
    return true;
  } catch {
    return false;
  }
}

/** The arguments of a call as an object; a text that is no object becomes its field `arguments`. */
export function argumentsOf(text: string): JsonObject {
  if (text.trim() === "") return {};
  return isWholeObject(text)
    ? (parseJson(text, "the arguments of a tool call") as JsonObject)
    : { arguments: text };
}

/** Small models write such; clients that know the tool may still mend it. */
function notJson(name: string): StreamPart {
  const message = `the arguments of the call of tool ${quote(name)} are no JSON object`;
  return { type: "warning", code: "other", message };
}
