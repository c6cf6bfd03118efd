import { AssertionError } from "node:assert";
import { inspect, isDeepStrictEqual } from "node:util";

/** Fails with `problem` unless the condition holds. */
export function holds(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new AssertionError({ message: problem, stackStartFn: holds });
}

/** Fails unless both are deeply equal. */
export function equals(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw mismatch(
    what,
    actual,
    inspect(expected, { breakLength: Number.POSITIVE_INFINITY }),
    expected,
    equals,
  );
}

/** Fails unless every field of `expected` is in `actual`, at every depth; lists have to be equally long. */
export function matches(actual: unknown, expected: unknown, what: string): void {
  if (holdsFields(actual, expected)) return;
  throw mismatch(
    what,
    actual,
    inspect(expected, { breakLength: Number.POSITIVE_INFINITY }),
    expected,
    matches,
  );
}

/** Fails unless the value is one of these. */
export function oneOf(actual: unknown, values: readonly unknown[], what: string): void {
  if (values.includes(actual)) return;
  throw mismatch(what, actual, values.map((value) => inspect(value)).join(" or "), values, oneOf);
}

/** Fails unless the list has the member, or the text the part. */
export function contains(whole: string | readonly unknown[], part: string, what: string): void {
  if (whole.includes(part)) return;
  throw mismatch(what, whole, `it to contain ${inspect(part)}`, part, contains);
}

/** Fails unless an aborted call failed with the reason of its signal. */
export function isReasonOf(signal: AbortSignal, reason: unknown): void {
  holds(
    reason === signal.reason,
    `the call failed with ${String(reason)}, expected the reason of the signal`,
  );
}

function mismatch(
  what: string,
  actual: unknown,
  expectation: string,
  expected: unknown,
  stackStartFn: (...args: never[]) => unknown,
): AssertionError {
  const seen = inspect(actual, { breakLength: Number.POSITIVE_INFINITY });
  const shown = seen.length > LONGEST ? `${seen.slice(0, LONGEST)}…` : seen;
  const message = `${what} is ${shown}, expected ${expectation}`;
  return new AssertionError({ message, actual, expected, operator: "strictEqual", stackStartFn });
}

/** Of a value in a message. */
const LONGEST = 500;

function holdsFields(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== "object" || expected === null) return Object.is(actual, expected);
  if (typeof actual !== "object" || actual === null) return false;
  if (Array.isArray(expected) && (!Array.isArray(actual) || actual.length !== expected.length)) return false;
  const fields = actual as Readonly<Record<string, unknown>>;
  return Object.entries(expected).every(([name, value]) => holdsFields(fields[name], value));
}
