import { ChatError } from "@fallthrough/core";
import { REASON, type Reading, type Seen } from "./reader.ts";
import type { Expected } from "./reference.ts";

/** The text of the candidate that is asked when the first has failed before its first word. */
export const SPARE = "the spare answers";

/** A call that is over. */
export interface JudgedCall {
  /** The whole text of the answer. */
  readonly text: string;
  readonly reading: Reading;
  readonly expected: Expected;
  readonly seen: Seen;
  /** Whether another candidate stands behind the first. */
  readonly hasSpare: boolean;
  /** Whether the reader or its timer aborted. */
  readonly isAborted: boolean;
}

const CODES: Readonly<Record<Expected["end"], readonly string[]>> = {
  whole: [],
  cut: ["interrupted", "network", "protocol", "empty"],
  silence: ["timeout"],
};

/** What is wrong with what a reader saw; nothing where all is well. */
export function judgeCall(call: JudgedCall): readonly string[] {
  const { text, expected, seen, hasSpare, isAborted } = call;
  const { problems } = seen;
  if (seen.end === "failed" && seen.failure === REASON) {
    return isAborted && isStart(text, seen.text, hasSpare) ? problems : [...problems, "aborted by nobody"];
  }
  // who was asked second answers whole, and tells nothing of the first
  if (hasSpare && seen.text === SPARE && mayFailFirst(expected)) return problems;
  // a character that was cut in two is read as U+FFFD at the end of a body
  if (!isStart(text, seen.text, hasSpare) && !expected.text.startsWith(seen.text))
    return [...problems, "what was read is no prefix"];
  if (seen.end === "left") return problems;
  if (seen.end === "whole") return [...problems, ...wholeProblems(call)];
  return [...problems, ...failureProblems(call)];
}

function wholeProblems({ text, expected, seen }: JudgedCall): readonly string[] {
  if (expected.end !== "whole") return [`${expected.end}, and told as whole`];
  return seen.text === expected.text
    ? []
    : [`${seen.text.length} of ${text.length} characters are told as whole`];
}

function failureProblems({ expected, seen, reading }: JudgedCall): readonly string[] {
  const { failure } = seen;
  if (!(failure instanceof ChatError)) return [`failed with ${failure}`];
  if (reading.stop === "stay away for good" && failure.code === "deadline") return [];
  const { code, partial } = failure;
  const problems: string[] = [];
  if (expected.isCertain) {
    if (!CODES[expected.end].includes(code)) problems.push(`${expected.end}, and failed with ${failure}`);
    const arrived = partial?.text ?? "";
    if (arrived !== expected.text)
      problems.push(`${arrived.length} of ${expected.text.length} characters that arrived`);
  }
  const isRead = reading.way === "parts" || reading.way === "text";
  const isAway = reading.stop.startsWith("stay") && reading.stopAfter < Number.POSITIVE_INFINITY;
  if (isRead && !isAway && (partial?.text ?? "") !== seen.text)
    problems.push("`partial` is not what was read");
  return problems;
}

function isStart(text: string, start: string, hasSpare: boolean): boolean {
  return text.startsWith(start) || (hasSpare && SPARE.startsWith(start));
}

function mayFailFirst({ end, text, isCertain }: Expected): boolean {
  return !isCertain || (end !== "whole" && text === "");
}
