import { type FieldParser, objectOf, parseInput, wrongValue } from "@fallthrough/core/internal";
import type { ScriptClient } from "./clients.ts";

/** How processes share what they know of failures. */
export interface RedisHealthOptions {
  /** The client of the application, through `fromRedis()`, `fromIoredis()` or `fromIovalkey()`. */
  readonly client: ScriptClient;
  /** What the names of all keys begin with. @default "ft:1" */
  readonly prefix?: string | undefined;
  /** No call waits longer for the server, in milliseconds. @default 75 */
  readonly deadlineMs?: number | undefined;
}

const PREFIX = /^[\w.:-]{1,100}$/;

const parseFields = objectOf<RedisHealthOptions>(
  { client: parseClient, prefix: parsePrefix, deadlineMs: parseDeadline },
  { required: ["client"] },
);

/** The options, checked; @throws `config` that names the option */
export function parseOptions(options: unknown): RedisHealthOptions {
  return parseInput(options, parseFields as FieldParser<RedisHealthOptions>, {
    code: "config",
    whole: "the options of createRedisHealth()",
    field: "createRedisHealth() option",
  });
}

/** A client as it is: its methods may need the object that they stand on. */
function parseClient(value: unknown): ScriptClient {
  const { evalsha, eval: run } = (
    typeof value === "object" && value !== null ? value : {}
  ) as Partial<ScriptClient>;
  if (typeof evalsha === "function" && typeof run === "function") return value as ScriptClient;
  throw wrongValue(typeof value, "a client, fromRedis(client) for example");
}

function parsePrefix(value: unknown): string {
  if (typeof value === "string" && PREFIX.test(value)) return value;
  throw wrongValue(value, "at most 100 letters, digits and the characters `_ . : -`");
}

function parseDeadline(value: unknown): number {
  if (typeof value === "number" && value > 0 && value <= 10_000) return value;
  throw wrongValue(value, "milliseconds, at most 10000");
}
