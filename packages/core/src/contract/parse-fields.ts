import { closestMatch } from "leven";
import { ChatError } from "../errors/chat-error.ts";
import type { ChatErrorCode } from "../errors/error-codes.ts";
import { cut, withoutStack } from "../errors/redact.ts";
import type { JsonObject, JsonValue } from "./contract.ts";
import { LONGEST_NAME, LONGEST_TIMER_MS } from "./defaults.ts";

/** So many letters of a name may be wrong for it to be taken for another one. */
const TYPING_ERRORS = 2;
/** A longer name is not worth a comparison. */
const LONGEST_TYPO = 40;
/** Of a longer path an error shows the start. */
const LONGEST_PATH = 80;
/** Levels of objects and lists in one JSON value. */
const MOST_LEVELS = 64;
/** Values in one JSON value: an object that holds another one twice, and so on, could take for ever. */
const MOST_VALUES = 1_000_000;
/** Values that say nothing about a person: an error may quote them. */
const PLAIN_WORD = /^[\w./-]{1,32}$/;

/** Reads one value; @throws `FieldProblem` */
export type FieldParser<Value> = (value: unknown) => Value;

/**
 * What is wrong with one field. The entrance that reads the value makes its own error from it.
 *
 * The path is put together on the way out, so that a value without a fault pays nothing for it.
 */
export class FieldProblem extends Error {
  /** The field, `messages[1].content` for example; empty for the value itself. */
  path = "";
  /** What was found, `is a number` for example. */
  readonly problem: string;
  /** What would be right, with the cure where it is known. */
  readonly expected: string;

  /** Tells our own from whatever a getter or a proxy throws, without a look at that. */
  readonly #own = true;

  constructor(problem: string, expected: string) {
    super();
    this.problem = problem;
    this.expected = expected;
  }

  /** Whether this is one, also for a value that throws when it is looked at. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && #own in value;
  }

  /** The same problem, seen from the object or list that holds the field. */
  within(key: string | number): this {
    const step = typeof key === "number" ? `[${key}]` : fieldName(key);
    const separator = this.path === "" || this.path.startsWith("[") ? "" : ".";
    this.path = `${step}${separator}${this.path}`;
    return this;
  }
}

/** The problem of a value; the message names its kind in words, never the value itself. */
export function wrongValue(value: unknown, expected: string): FieldProblem {
  return fieldProblem(`is ${kindOf(value)}`, expected);
}

/** A problem in words of its own. */
export function fieldProblem(problem: string, expected: string): FieldProblem {
  return withoutStack(() => new FieldProblem(problem, expected));
}

/** How an error speaks of the value that came from outside. */
export interface InputFacts {
  /** The code of the errors. */
  readonly code: ChatErrorCode;
  /** The whole value, "request" for example. */
  readonly whole: string;
  /** One field of it, "request field" for example. */
  readonly field: string;
  /** The id of the provider whose settings these are. */
  readonly provider?: string | undefined;
}

/** What `parse` makes of a value from outside; @throws a `ChatError` of this code, whatever is wrong with the value */
export function parseInput<Value>(
  value: unknown,
  parse: FieldParser<Value>,
  { code, whole, field, provider }: InputFacts,
): Value {
  try {
    return parse(value);
  } catch (thrown) {
    if (thrown instanceof ChatError) throw thrown;
    const { path, problem, expected } = problemOf(thrown);
    const subject = path === "" ? whole : `${field} \`${cut(path, LONGEST_PATH)}\``;
    const fix = code === "config" ? `Correct ${subject}.` : undefined;
    throw new ChatError(code, `${subject} ${problem}, expected ${expected}`, { provider, fix });
  }
}

/** A text, which may be empty. */
export function parseText(value: unknown): string {
  if (typeof value !== "string") throw wrongValue(value, "a text");
  return value;
}

/** A text that is not blank. */
export function parseFilledText(value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") throw wrongValue(value, "a text that is not blank");
  return value;
}

/** A name of a model, a tool or a call: not empty, and at most 256 characters long. */
export function parseName(value: unknown): string {
  if (typeof value !== "string" || value === "") throw wrongValue(value, "a name");
  if (value.length > LONGEST_NAME) {
    throw fieldProblem(`has ${value.length} characters`, `at most ${LONGEST_NAME}`);
  }
  return value;
}

/** A finite number. */
export function parseNumber(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrongValue(value, "a number");
  return value;
}

/** A whole number. */
export function parseInteger(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw wrongValue(value, "a whole number");
  return value as number;
}

/** A whole number from 1 on. */
export function parseCount(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw wrongValue(value, "a whole number from 1 on");
  return value as number;
}

/** True or false. */
export function parseBoolean(value: unknown): boolean {
  if (typeof value !== "boolean") throw wrongValue(value, "true or false");
  return value;
}

/** A function. */
export function parseFunction<Value>(value: unknown): Value {
  if (typeof value !== "function") throw wrongValue(value, "a function");
  return value as Value;
}

/** Milliseconds of a timer: `0` and `Infinity` turn it off, and none is longer than the platform's timers. */
export function parseTimer(value: unknown): number {
  if (typeof value !== "number" || !(value >= 0)) throw wrongValue(value, "milliseconds, or 0 for no timer");
  return value === Number.POSITIVE_INFINITY ? 0 : Math.min(value, LONGEST_TIMER_MS);
}

/** How much of something is allowed; `Infinity` for any amount. */
export function parseLimit(value: unknown): number {
  if (typeof value !== "number" || !(value > 0)) throw wrongValue(value, "a number above 0");
  return value;
}

/** One of these texts; `cures` say what to write in place of another library's word. */
export function oneOf<const Value extends string>(
  allowed: readonly Value[],
  cures: Readonly<Record<string, string>> = {},
): FieldParser<Value> {
  return (value) => {
    if (allowed.includes(value as Value)) return value as Value;
    throw wrongWord(value, allowed, cures);
  };
}

/** A list of what `parseItem` reads. */
export function listOf<Item>(parseItem: FieldParser<Item>): FieldParser<Item[]> {
  return (value) => parseList(value, parseItem);
}

/** A list of what `parseItem` reads; a hole in it is a missing value. */
export function parseList<Item>(value: unknown, parseItem: FieldParser<Item>): Item[] {
  if (!Array.isArray(value)) throw wrongValue(value, "a list");
  const { length } = value;
  const items: Item[] = [];
  for (let index = 0; index < length; index++) {
    try {
      items.push(parseItem(value[index]));
    } catch (thrown) {
      throw placed(thrown, index);
    }
  }
  return items;
}

/** An object of any keys, whose values `parseValue` reads; `undefined` values are left out. */
export function recordOf<Value>(parseValue: FieldParser<Value>): FieldParser<Record<string, Value>> {
  return (value) => {
    const given = parseFields(value);
    const record: Record<string, Value> = {};
    for (const key of Object.keys(given)) {
      try {
        const entry = given[key];
        if (entry !== undefined) setField(record, key, parseValue(entry));
      } catch (thrown) {
        throw placed(thrown, key);
      }
    }
    return record;
  };
}

/** Any object that is no list, as it is. */
export function parseFields(value: unknown): { readonly [name: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrongValue(value, "an object");
  return value as { readonly [name: string]: unknown };
}

/** How an object is read beside the parsers of its fields. */
export interface ObjectOptions<Value> {
  /** The fields that must be there. */
  readonly required?: readonly (keyof Value & string)[] | undefined;
  /** What to write in place of a name that people know from elsewhere. */
  readonly cures?: Readonly<Record<string, string>> | undefined;
  /** What an unknown field may be meant for. */
  readonly hint?: string | undefined;
  /** Leaves unknown fields out, for data that a later version writes. @default false */
  readonly open?: boolean | undefined;
}

/** A parser for each field that the type has; TypeScript finds the one that was forgotten. */
export type FieldParsers<Value> = {
  readonly [Name in keyof Value]-?: FieldParser<Value[Name]>;
};

/** An object of these fields and of no others; a field that is `undefined` is absent. */
export function objectOf<Value extends object>(
  fields: FieldParsers<Value>,
  options: ObjectOptions<Value> = {},
): FieldParser<Value> {
  const readFields = fieldReader(fields, options);
  return (value) => readFields(parseFields(value), {}, undefined);
}

/** An object whose fields depend on what one of them says. */
export function variantOf<Value extends object>(
  tag: string,
  variants: Readonly<Record<string, FieldReader>>,
  cures: Readonly<Record<string, string>> = {},
): FieldParser<Value> {
  const readers = new Map(Object.entries(variants));
  const words = [...readers.keys()];
  return (value) => {
    const given = parseFields(value);
    const word = given[tag];
    const readFields = readers.get(word as string);
    if (readFields === undefined) throw wrongWord(word, words, cures).within(tag);
    return readFields(given, { [tag]: word }, tag) as Value;
  };
}

/** Reads the fields of `given` into `fields`, all but the one that was read before. */
export type FieldReader = (
  given: { readonly [name: string]: unknown },
  fields: Record<string, unknown>,
  known: string | undefined,
  // biome-ignore lint/suspicious/noExplicitAny: what it reads is said where it is made
) => any;

/** The reader of an object's fields. */
export function fieldReader<Value extends object>(
  fields: FieldParsers<Value>,
  { required = [], cures = {}, hint, open = false }: ObjectOptions<Value> = {},
): FieldReader {
  const parsers = new Map<string, FieldParser<unknown>>(Object.entries(fields));
  return (given, parsed, known) => {
    for (const key of Object.keys(given)) {
      if (key === known) continue;
      const parse = parsers.get(key);
      if (parse === undefined) {
        if (open || given[key] === undefined) continue;
        throw unknownField(key, [...parsers.keys()], cures, hint);
      }
      try {
        const value = given[key];
        if (value !== undefined) parsed[key] = parse(value);
      } catch (thrown) {
        throw placed(thrown, key);
      }
    }
    for (const name of required) {
      if (parsed[name] === undefined) parseMissing(parsers.get(name), name);
    }
    return parsed;
  };
}

/** A field that must be there: its parser says what it should hold. */
function parseMissing(parse: FieldParser<unknown> | undefined, name: string): void {
  try {
    parse?.(undefined);
  } catch (thrown) {
    throw placed(thrown, name);
  }
}

/** A JSON object, copied; @throws `FieldProblem` for what JSON cannot hold */
export function parseJsonObject(value: unknown): JsonObject {
  parseFields(value);
  return copyJson(value, 1, { left: MOST_VALUES }) as JsonObject;
}

function copyJson(value: unknown, level: number, budget: { left: number }): JsonValue {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value !== "object") throw wrongValue(value, "a JSON value");
  if (level > MOST_LEVELS) throw fieldProblem(`has more than ${MOST_LEVELS} levels`, "fewer, and no cycle");
  if (Array.isArray(value)) return parseList(value, (item) => copyJson(item, level + 1, spend(budget)));
  if (!isPlain(value)) throw wrongValue(value, jsonCure(value));
  const copy: Record<string, JsonValue> = {};
  for (const key of Object.keys(value)) {
    try {
      const item = (value as Record<string, unknown>)[key];
      if (item !== undefined) setField(copy, key, copyJson(item, level + 1, spend(budget)));
    } catch (thrown) {
      throw placed(thrown, key);
    }
  }
  return copy;
}

function spend(budget: { left: number }): { left: number } {
  if (budget.left-- === 0) throw fieldProblem(`holds more than ${MOST_VALUES} values`, "fewer");
  return budget;
}

/** Objects of another realm have another prototype, which has none itself. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function jsonCure(value: object): string {
  return "~standard" in value || "_def" in value
    ? "a JSON Schema: what `z.toJSONSchema(schema)` gives for a schema of zod"
    : "a JSON value";
}

/** Also for a key that would change the prototype. */
function setField(target: object, key: string, value: unknown): void {
  if (key !== "__proto__") (target as Record<string, unknown>)[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function placed(thrown: unknown, key: string | number): unknown {
  return thrown instanceof ChatError ? thrown : problemOf(thrown).within(key);
}

/** What a getter or a proxy throws is the caller's own affair, and says nothing here. */
function problemOf(thrown: unknown): FieldProblem {
  return thrown instanceof FieldProblem ? thrown : fieldProblem("could not be read", "plain data");
}

function fieldName(key: string): string {
  return /^[\w$-]{1,64}$/.test(key) ? key : JSON.stringify(cut(key, 40));
}

function wrongWord(
  value: unknown,
  allowed: readonly string[],
  cures: Readonly<Record<string, string>>,
): FieldProblem {
  const expected = listWords(allowed);
  if (typeof value !== "string") return wrongValue(value, expected);
  if (Object.hasOwn(cures, value)) return fieldProblem(`is "${value}"`, cures[value] as string);
  // any longer text may be a prompt in the wrong place
  return fieldProblem(PLAIN_WORD.test(value) ? `is "${value}"` : "is another text", expected);
}

/** The problem of a field that nobody knows, with the name that was probably meant. */
function unknownField(
  name: string,
  known: readonly string[],
  cures: Readonly<Record<string, string>> = {},
  hint?: string,
): FieldProblem {
  const cure = Object.hasOwn(cures, name) ? cures[name] : undefined;
  const nearest = cure === undefined ? nearestName(name, known) : undefined;
  const others = hint === undefined ? listWords(known) : hint;
  const expected = cure ?? (nearest === undefined ? others : `\`${nearest}\``);
  return fieldProblem("is unknown", expected).within(name);
}

/** The known name that was probably meant: another spelling of it, or one with a typing error. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST_TYPO) return undefined;
  const plain = plainName(name);
  const spelling = known.find((one) => plainName(one) === plain);
  return spelling ?? closestMatch(name, known, { maxDistance: Math.min(TYPING_ERRORS, name.length - 1) });
}

/** Without what other ways of writing a name differ in. */
function plainName(name: string): string {
  return name.replace(/[_-]/g, "").toLowerCase();
}

function listWords(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}

/** What a value is, in words that show none of it. */
export function kindOf(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "missing";
    case "string":
      return value === "" ? "an empty text" : value.trim() === "" ? "a blank text" : "a text";
    case "number":
      return Number.isFinite(value) ? `the number ${value}` : String(value);
    case "boolean":
      return String(value);
    case "function":
      return "a function";
    case "bigint":
      return "a bigint";
    case "symbol":
      return "a symbol";
    default:
      return value === null ? "null" : kindOfObject(value as object);
  }
}

function kindOfObject(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (isPlain(value)) return "an object";
  const { name } = (value.constructor ?? {}) as { readonly name?: unknown };
  return typeof name === "string" && PLAIN_WORD.test(name) ? `a ${name}` : "an object of a class";
}
