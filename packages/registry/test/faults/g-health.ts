import { ChatError, type ChatProvider, type ChatReply, chat } from "@fallthrough/core";
import { expect } from "vitest";
import { ChainExhaustedError, type ChainOptions, createChain, createMemoryHealth } from "../../src/index.ts";
import { answer, type FakeProvider, fakeProvider, QUESTION, type Turn } from "../fake-provider.ts";
import type { Consume, FaultRow } from "./row.ts";

/** A chain whose health has a clock of its own. */
interface Clocked {
  readonly time: { now: number };
  readonly health: ReturnType<typeof createMemoryHealth>;
  ask(chain: ChatProvider): Promise<{ readonly error?: unknown; readonly text: string; reply: ChatReply }>;
  chain(...candidates: readonly ChatProvider[]): ChatProvider;
}

function clocked(consume: Consume, options: ChainOptions = {}): Clocked {
  const time = { now: 0 };
  const health = createMemoryHealth({ now: () => time.now, random: () => 0.5 });
  return {
    time,
    health,
    chain: (...candidates) => createChain(candidates, { health, ...options }),
    async ask(chain) {
      const reply = chat(chain, QUESTION);
      return { ...(await consume(reply)), reply };
    },
  };
}

function failing(
  id: string,
  code: "server" | "auth" | "rate-limit",
  ...later: readonly Turn[]
): FakeProvider {
  return fakeProvider(id, [...later, [new ChatError(code, "failed on purpose")]]);
}

const SERVER: Turn = [new ChatError("server", "answered 500")];
const HERE = answer("here");

/** Opens the breaker of every candidate. */
async function benchAll({ ask }: Clocked, chain: ChatProvider): Promise<void> {
  for (let call = 0; call < 3; call++) await ask(chain);
}

const SOFT: FaultRow = {
  row: 67,
  fault: "all cool down",
  sent: "after three failures each",
  code: "server",
  follows: "stop",
  async run(consume) {
    const clock = clocked(consume);
    const [first, second] = [failing("first", "server"), failing("second", "server")];
    const chain = clock.chain(first, second);
    await benchAll(clock, chain);
    const asked = [first.requests.length, second.requests.length];

    const { error, reply } = await clock.ask(chain);

    expect(error).toBeInstanceOf(ChainExhaustedError);
    const more = [first, second].map(({ requests }, index) => requests.length - (asked[index] as number));
    // the softest that opened first, with the one more try that nobody else is left for
    expect(more[0]).toBeGreaterThan(0);
    expect(more[1]).toBe(0);
    expect(reply.route.attempts.filter(({ outcome }) => outcome === "skipped")).toMatchObject([
      { provider: "second", code: "server" },
    ]);
  },
};

const HARD: FaultRow = {
  row: 67,
  fault: "all cool down",
  sent: "after a refused key each",
  code: "auth",
  follows: "stop",
  async run(consume) {
    const clock = clocked(consume);
    const [first, second] = [failing("first", "auth"), failing("second", "auth")];
    const chain = clock.chain(first, second);
    await clock.ask(chain);

    const { error } = await clock.ask(chain);

    expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
    const { retryAt, code } = error as ChainExhaustedError;
    expect(code).toBe("auth");
    expect(Number(retryAt) - Date.now()).toBeGreaterThan(4 * 60_000);
  },
};

const HALF_OPEN: FaultRow = {
  row: 68,
  fault: "100 calls at half-open",
  sent: "all at once, while the probe is under way",
  code: "-",
  follows: "answer",
  async run(consume) {
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const clock = clocked(consume);
    const first = failing("first", "server", SERVER, SERVER, SERVER, HERE);
    const gated: ChatProvider = {
      ...first,
      async *stream(request) {
        if (first.requests.length >= 3) await gate;
        yield* first.stream(request);
      },
    };
    const second = fakeProvider("second", [answer("there")]);
    const chain = clock.chain(gated, second);
    await benchAll(clock, chain);
    clock.time.now += 10_000;
    const subject = { provider: "first", model: "first-model" };
    expect(clock.health.peek(subject)).toMatchObject({ state: "probing", remainingMs: 0 });

    let others = 0;
    const calls = Array.from({ length: 100 }, async () => {
      const { text } = await clock.ask(chain);
      if (text === "there" && ++others === 99) open();
      return text;
    });
    const texts = await Promise.all(calls);

    expect(texts.filter((text) => text === "here")).toHaveLength(1);
    expect(first.requests).toHaveLength(4);
    expect(clock.health.peek(subject).state).toBe("well");
  },
};

const LONGER: FaultRow = {
  row: 69,
  fault: "a longer cooldown, then a shorter one",
  sent: "two calls under way, 429 with 60 s and with 1 s",
  code: "rate-limit",
  follows: "next",
  async run(consume) {
    const clock = clocked(consume);
    const waits = [60_000, 1_000];
    const first = fakeProvider(
      "first",
      waits.map((retryAfterMs) => [new ChatError("rate-limit", "answered 429", { retryAfterMs })]),
    );
    const chain = clock.chain(first, fakeProvider("second", [HERE]));

    const answers = await Promise.all(waits.map(() => clock.ask(chain)));

    expect(answers.map(({ text }) => text)).toEqual(["here", "here"]);
    expect(first.requests).toHaveLength(2);
    const { state, remainingMs } = clock.health.peek({ provider: "first", model: "first-model" });
    expect([state, remainingMs]).toEqual(["refused", 60_000]);
  },
};

/** A zero that a careless `||` would turn into the default. */
function zeroRow(sent: string, options: ChainOptions, turn: Turn): FaultRow {
  return {
    row: 70,
    fault: "zero is a value",
    sent,
    code: "rate-limit",
    follows: "next",
    async run(consume) {
      const clock = clocked(consume, options);
      const first = fakeProvider("first", [turn, HERE]);
      const chain = clock.chain(first, fakeProvider("second", [answer("there")]));

      expect((await clock.ask(chain)).text).toBe("there");
      expect((await clock.ask(chain)).text).toBe("here");
    },
  };
}

const NO_TIMEOUT: FaultRow = {
  row: 70,
  fault: "zero is a value",
  sent: "timeouts of 0 over those of the chain",
  code: "-",
  follows: "answer",
  async run(consume) {
    const zero = { firstChunkMs: 0, chunkMs: 0, totalMs: 0, commitMs: 0 };
    const timeouts = { firstChunkMs: 30, chunkMs: 30, totalMs: 30, commitMs: 30 };
    const slow: ChatProvider = {
      ...fakeProvider("slow", []),
      async *stream() {
        for (const delta of ["slow ", "enough"]) {
          // longer than each timeout of the outer call
          await new Promise((resolve) => setTimeout(resolve, 60));
          yield { type: "text-delta", delta };
        }
        yield { type: "finish", finishReason: "stop" };
      },
    };
    const chain = createChain([slow, fakeProvider("second", [HERE])], { timeouts });

    const { text } = await consume(chat(chain, { ...QUESTION, timeouts: zero }));

    expect(text).toBe("slow enough");
  },
};

/** What a chain remembers of its candidates. */
export const HEALTH_ROWS: readonly FaultRow[] = [
  SOFT,
  HARD,
  HALF_OPEN,
  LONGER,
  zeroRow("a cooldown of 0", { policy: { "rate-limit": { cooldownMs: 0 } } }, [
    new ChatError("rate-limit", "answered 429"),
  ]),
  zeroRow("`Retry-After: 0`", {}, [new ChatError("rate-limit", "answered 429", { retryAfterMs: 0 })]),
  NO_TIMEOUT,
];
