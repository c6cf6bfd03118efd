import { fieldProblem, kindOf, parseInput } from "@fallthrough/core/internal";
import type { Registry } from "./registry.ts";

const FACTS = { code: "config", whole: "the registry", field: "registry" } as const;
const EXPECTED = "what createRegistry() returns";

/** The registry in this value, as it is; @throws `config` that says what else it is */
export function parseRegistry<Alias extends string>(value: Registry<Alias>): Registry<Alias> {
  return parseInput(value, readRegistry<Alias>, FACTS);
}

function readRegistry<Alias extends string>(value: unknown): Registry<Alias> {
  if (typeof value === "function") throw fieldProblem("is a function", `${EXPECTED}: call it`);
  if (typeof value !== "object" || value === null) throw fieldProblem(`is ${kindOf(value)}`, EXPECTED);
  const { chat, resolve, explain, then } = value as Partial<Registry & PromiseLike<unknown>>;
  if (typeof then === "function") throw fieldProblem("is a promise", `${EXPECTED}: await it`);
  if ([chat, resolve, explain].every((method) => typeof method === "function")) {
    return value as Registry<Alias>;
  }
  throw fieldProblem(`is ${kindOf(value)} without the methods of one`, EXPECTED);
}
