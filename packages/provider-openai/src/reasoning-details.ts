import type { JsonObject } from "@fallthrough/core";
import { fieldsOf } from "@fallthrough/core/provider";

/** Puts the pieces of OpenRouter's `reasoning_details` together, as it wants them back. */
export interface ReasoningDetails {
  /** Adds the details of one event. */
  take(details: readonly unknown[]): void;
  /** The whole details, in order. */
  complete(): readonly JsonObject[];
}

/** The fields that come in pieces. */
const TEXTS: readonly string[] = ["text", "summary", "data"];

/** The details of one answer, of which none have come. */
export function createReasoningDetails(): ReasoningDetails {
  const complete: Record<string, JsonObject[string]>[] = [];

  function isContinued(last: JsonObject | undefined, next: JsonObject): boolean {
    if (last === undefined || last["type"] !== next["type"] || last["index"] !== next["index"]) return false;
    // without an index another id is another detail
    return last["id"] === undefined || next["id"] === undefined || last["id"] === next["id"];
  }

  return {
    take(details) {
      for (const detail of details) {
        const next = fieldsOf(detail) as JsonObject;
        const last = complete.at(-1);
        if (last === undefined || !isContinued(last, next)) {
          complete.push({ ...next });
          continue;
        }
        for (const [name, value] of Object.entries(next)) {
          const known = last[name];
          const isPiece = TEXTS.includes(name) && typeof known === "string" && typeof value === "string";
          if (isPiece) last[name] = known + value;
          else if (value !== undefined && value !== null) last[name] = value;
        }
      }
    },
    complete: () => complete,
  };
}
