import { inspect } from "node:util";
import { type Attempt, ChatError } from "@fallthrough/core";
import { expect, test } from "vitest";
import { ChainExhaustedError } from "../../src/index.ts";

function failed(provider: string, error: ChatError) {
  const attempt: Attempt = { provider, model: "m", outcome: "failed", code: error.code, ms: 5 };
  return { attempt, error };
}

const LIMITED = failed(
  "first",
  new ChatError("rate-limit", "POST /chat answered 429", { provider: "first", status: 429 }),
);
const REFUSED = failed("second", new ChatError("auth", "POST /login answered 401", { provider: "second" }));
const RETIRED: { attempt: Attempt } = {
  attempt: { provider: "third", outcome: "skipped", ms: 0, reason: "retired, as of 2024-01-30" },
};

test("the message has a line for each attempt that a person can act on", () => {
  const error = new ChainExhaustedError([LIMITED, REFUSED, RETIRED], new Date(Date.UTC(2026, 0, 1)));

  expect(error.message).toBe(
    [
      "no provider answered (2 asked, 1 skipped), try again at 2026-01-01T00:00:00.000Z",
      "  first/m: failed, rate-limit, POST /chat answered 429 (try later, or add another provider or key)",
      "  second/m: failed, auth, POST /login answered 401 (check its key or login)",
      "  third: skipped, retired, as of 2024-01-30",
    ].join("\n"),
  );
  expect(error.errors.map((failure) => failure.toJSON())).toEqual(
    [LIMITED, REFUSED].map((outcome) => outcome.error.toJSON()),
  );
  expect(error.errors[0]).toBeInstanceOf(ChatError);
  expect(error.route.attempts).toEqual([LIMITED.attempt, REFUSED.attempt, RETIRED.attempt]);
});

test("a failure that ends being well tells since when, until when, and what would end it", () => {
  const health = {
    state: "refused",
    remainingMs: 20_000,
    openMs: 0,
    code: "rate-limit",
    effect: "cool",
    repeats: 1,
  } as const;

  const { message } = new ChainExhaustedError([{ ...LIMITED, health }]);

  expect(message).toMatch(
    /first\/m: failed, rate-limit, POST \/chat answered 429, refused since .+Z until .+Z, ended by a probe .+\(try later, or add another provider or key\)$/,
  );
});

test("it has a code where all attempts share one", () => {
  expect(new ChainExhaustedError([LIMITED, LIMITED]).code).toBe("rate-limit");
  expect(new ChainExhaustedError([LIMITED, REFUSED]).code).toBeUndefined();
});

test("instances of another copy of this package are recognised", () => {
  const mark = Symbol.for("@fallthrough/registry/1.ChainExhaustedError");

  expect(Object.assign(new AggregateError([]), { [mark]: true })).toBeInstanceOf(ChainExhaustedError);
  expect(new AggregateError([])).not.toBeInstanceOf(ChainExhaustedError);
  expect(null).not.toBeInstanceOf(ChainExhaustedError);
});

test("neither JSON nor the console shows what the attempts held", () => {
  const secret = new ChatError("interrupted", "ended early", {
    partial: { text: "private", reasoning: "", toolCalls: [] },
  });
  const error = new ChainExhaustedError([failed("first", secret)]);

  expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain("private");
});

test("an error that nobody catches is printed with one line for each attempt, and its own frames", () => {
  const printed = inspect(new ChainExhaustedError([LIMITED, REFUSED, RETIRED]), {
    customInspect: false,
    depth: 5,
  });

  const lines = printed.split("\n");
  expect(lines.filter((line) => line.includes("POST /chat answered 429"))).toHaveLength(2);
  expect(printed.match(/exhausted\.test\.ts/g)).toHaveLength(1);
  expect(lines.filter((line) => !/^\s+at /.test(line)).length).toBeLessThan(14);
});

test("its data reach another thread with message, code, route and the failures", () => {
  const error = new ChainExhaustedError([LIMITED, LIMITED], new Date(Date.UTC(2026, 0, 1)));

  expect(structuredClone(error.toJSON())).toMatchObject({
    name: "ChainExhaustedError",
    message: error.message,
    code: "rate-limit",
    retryAt: "2026-01-01T00:00:00.000Z",
    route: { attempts: [LIMITED.attempt, LIMITED.attempt] },
    errors: [{ code: "rate-limit", status: 429, scope: "model", provider: "first" }, {}],
  });
});
