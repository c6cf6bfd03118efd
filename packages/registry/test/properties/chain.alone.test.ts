import {
  type Attempt,
  ChatError,
  type ChatErrorCode,
  type ChatProvider,
  chat,
  type StreamPart,
} from "@fallthrough/core";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TRIALS, TRIALS_MS } from "../../../core/test/properties/trials.ts";
import { createChain } from "../../src/chain/chain.ts";
import { QUESTION } from "../fake-provider.ts";

/** What a candidate does in one call, before it ends as `end` says. */
interface Script {
  /** Blank deltas and warnings, which no caller may see unless content follows. */
  readonly preamble: readonly ("blank" | "warning" | "empty")[];
  readonly content: readonly string[];
  readonly end: "finish" | "nothing" | "abort" | ChatErrorCode;
}

/** What a caller sees of a call. */
interface Seen {
  readonly text: string;
  readonly failure: string;
  readonly attempts: readonly string[];
}

const CODES = [
  "network",
  "timeout",
  "rate-limit",
  "auth",
  "blocked",
  "not-found",
  "context-length",
  "content-filter",
  "bad-request",
  "server",
  "protocol",
  "interrupted",
  "contract",
  "config",
] as const;
const PREAMBLE = {
  blank: { type: "text-delta", delta: " " },
  empty: { type: "text-delta", delta: "" },
  warning: { type: "warning", code: "other", message: "beware" },
} as const;
const REASON = new Error("the caller's own reason");

beforeEach(() => {
  // the one wait of a chain is random, up to this share of its longest
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function scripts(candidate: number): fc.Arbitrary<Script> {
  const words = fc.nat(9).map((word) => `${candidate}.${word} `);
  return fc.record({
    preamble: fc.array(fc.constantFrom(...(Object.keys(PREAMBLE) as (keyof typeof PREAMBLE)[])), {
      maxLength: 3,
    }),
    content: fc.oneof(
      { weight: 2, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.array(words, { minLength: 1, maxLength: 4 }) },
    ),
    end: fc.oneof(
      fc.constantFrom("finish", "nothing"),
      fc.constantFrom(...CODES),
      fc.constantFrom("abort", "server", "bad-request"),
    ),
  });
}

const chains: fc.Arbitrary<readonly (readonly [Script, Script])[]> = fc
  .integer({ min: 1, max: 4 })
  .chain((count) =>
    fc.tuple(...Array.from({ length: count }, (_, index) => fc.tuple(scripts(index), scripts(index)))),
  );

/** Who answers, who was asked and what arrives, as the page of faults says it. */
function expectedOf(turns: readonly (readonly [Script, Script])[]): Seen {
  const attempts: string[] = [];
  let last: ChatErrorCode | undefined;

  const ask = (index: number, turn: 0 | 1): Omit<Seen, "attempts"> | undefined => {
    const { content, preamble, end } = (turns[index] as (typeof turns)[number])[turn];
    const blank = preamble.map((one) => (one === "blank" ? " " : "")).join("");
    const text = content.length === 0 ? "" : blank + content.join("");
    const name = `p${index}`;
    if (end === "abort") {
      attempts.push(`${name} aborted`);
      return { text, failure: "the caller's reason" };
    }
    if (end === "finish" && text !== "") {
      attempts.push(`${name} answered`);
      return { text, failure: "" };
    }
    let code: ChatErrorCode = end === "finish" ? "empty" : end === "nothing" ? "empty" : end;
    if (text !== "" && (end === "nothing" || end === "network")) code = "interrupted";
    attempts.push(`${name} failed ${code}`);
    if (text !== "") return { text, failure: code };
    last = code;
    return code === "content-filter" ? { text: "", failure: code } : undefined;
  };

  for (const index of turns.keys()) {
    const seen = ask(index, 0);
    if (seen !== undefined) return { ...seen, attempts };
  }
  const asked = attempts.findLastIndex((attempt) => !attempt.includes("skipped"));
  // a connection that never opened is tried again too, like the server that failed
  const again = last === "server" || last === "network";
  const seen = again ? ask(asked, 1) : undefined;
  return { text: "", failure: "exhausted", ...seen, attempts };
}

function candidate(index: number, turns: readonly [Script, Script], abort: () => void): ChatProvider {
  let calls = 0;
  return {
    specificationVersion: 1,
    id: `p${index}`,
    name: `p${index}`,
    status: { state: "active", checked: "2026-01-01" },
    models: [{ id: "m" }],
    async *stream(): AsyncGenerator<StreamPart> {
      const { preamble, content, end } = turns[calls++ === 0 ? 0 : 1];
      for (const one of preamble) yield PREAMBLE[one];
      for (const delta of content) yield { type: "text-delta", delta };
      if (end === "finish") yield { type: "finish", finishReason: "stop" };
      else if (end === "abort") abort();
      else if (end !== "nothing") throw new ChatError(end, "as the script says");
    },
  };
}

async function seenOf(turns: readonly (readonly [Script, Script])[], whole: boolean): Promise<Seen> {
  const controller = new AbortController();
  const abort = () => controller.abort(REASON);
  const chain = createChain(turns.map((scripts, index) => candidate(index, scripts, abort)));
  const told: Attempt[] = [];
  const reply = chat(createChain([chain], { onAttempt: (attempt) => told.push(attempt) }), {
    ...QUESTION,
    signal: controller.signal,
  });
  let text = "";
  let failure = "";
  try {
    if (whole) text = await reply.text();
    else for await (const delta of reply.textStream) text += delta;
  } catch (error) {
    const isChat = error instanceof ChatError;
    failure = error === REASON ? "the caller's reason" : isChat ? error.code : "exhausted";
    const partial = isChat ? (error.partial?.text ?? "") : "";
    // what arrived is in the failure, neither more nor less
    if (whole) text = partial;
    else if (isChat) expect(partial).toBe(text);
  }
  expect(told).toEqual(reply.route.attempts);
  const attempts = reply.route.attempts.map(({ provider, outcome, code }) =>
    [provider, outcome, ...(code === undefined ? [] : [code])].join(" "),
  );
  return { text, failure, attempts };
}

test(
  "whatever the candidates do, a chain tells one answer whole or what arrived of it, and asks as the rules say",
  async () => {
    await fc.assert(
      fc.asyncProperty(chains, fc.boolean(), async (turns, whole) => {
        const expected = expectedOf(turns);
        // an abort carries nothing, so whoever waited for the whole has nothing
        const lost = whole && expected.failure === "the caller's reason";

        expect(await seenOf(turns, whole)).toEqual(lost ? { ...expected, text: "" } : expected);
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);
