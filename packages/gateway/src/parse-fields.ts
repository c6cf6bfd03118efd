import type { JsonObject } from "@fallthrough/core";
import {
  type FieldParser,
  FieldProblem,
  parseBoolean as readBoolean,
  parseFields as readFields,
  parseInteger as readInteger,
  parseList as readList,
  parseNumber as readNumber,
  parseText as readText,
} from "@fallthrough/core/internal";
import { Refusal } from "./refusal.ts";

/** Fields of a JSON object of the client. */
export type Fields = {
  /** The value of each field, not checked yet. */
  readonly [name: string]: unknown;
};

/** Reads the value of the field `param` of a body; throws a refusal that names the field, what it is and what would be right */
export type ParamParser<Value> = (value: unknown, param: string) => Value;

/** The refusal of a body whose field is not as it must be. */
export function wrong(param: string, expected: string, problem = "is wrong"): Refusal {
  return new Refusal(400, `\`${param}\` ${problem}, expected ${expected}`, { param });
}

/** A JSON object. */
export const parseObject: ParamParser<Fields> = refusing(readFields);

/** A list. */
export const parseList: ParamParser<readonly unknown[]> = refusing((value) => readList(value, asItIs));

/** A text. */
export const parseText: ParamParser<string> = refusing(readText);

/** A finite number. */
export const parseNumber: ParamParser<number> = refusing(readNumber);

/** A whole number. */
export const parseInteger: ParamParser<number> = refusing(readInteger);

/** True or false. */
export const parseBoolean: ParamParser<boolean> = refusing(readBoolean);

/** What `parse` makes of a value, or `undefined` where the client left it out. */
export function parseOptional<Value>(
  value: unknown,
  param: string,
  parse: ParamParser<Value>,
): Value | undefined {
  return value === undefined || value === null ? undefined : parse(value, param);
}

/** The fields of a client that nobody here has read, for servers of the same protocol; one that is `null` says nothing. */
export function restOf(fields: Fields): { readonly extraFields?: JsonObject } {
  const rest = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return rest.length === 0 ? {} : { extraFields: Object.fromEntries(rest) as JsonObject };
}

/** Core's parser of one value, whose problem is the client's. */
function refusing<Value>(parse: FieldParser<Value>): ParamParser<Value> {
  return (value, param) => {
    try {
      return parse(value);
    } catch (thrown) {
      if (thrown instanceof FieldProblem) throw wrong(param, thrown.expected, thrown.problem);
      throw thrown;
    }
  };
}

function asItIs(value: unknown): unknown {
  return value;
}
