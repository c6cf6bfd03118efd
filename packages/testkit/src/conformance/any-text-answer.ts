import { isBareText, responseOf } from "./answer-bytes.ts";
import { declaredMissing, type ProviderSuite } from "./suite.ts";

/** Why a case that sends another text cannot be run: without an end marker nothing is around a plain text. */
export function whereAnyTextIsAnAnswer(suite: ProviderSuite): string | undefined {
  const { exchanges } = suite;
  const answer = typeof exchanges === "function" ? undefined : exchanges.at(-1);
  const isBare = declaredMissing(suite).has("endMarker") && answer !== undefined;
  return isBare && isBareText(responseOf(answer)) ? "any text is an answer of this protocol" : undefined;
}
