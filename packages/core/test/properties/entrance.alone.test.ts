import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatProvider, ChatRequest, StreamPart } from "../../src/contract/contract.ts";
import { wrapProvider } from "../../src/define/wrap-provider.ts";
import { chat } from "../../src/reply/chat.ts";
import { createToy, FINISH, messages } from "../providers.ts";
import { fullRequest } from "./full-request.ts";
import { checkErrors, clearOutcome } from "./outcome.ts";
import { TRIALS_MS, trials } from "./trials.ts";
import { spoil, spoiling, type WildValue, wildValue } from "./wild-values.ts";

const answering = createToy(async function* () {
  yield { type: "text-delta", delta: "an answer" };
  yield FINISH;
});

test(
  "whatever stands in a request, the call ends with an answer or with an error that names the field",
  async () => {
    await checkErrors(
      spoiling,
      async (given) => {
        const { value, path } = spoil(fullRequest(), given);

        // the reason of an abort is the caller's own
        if (path[0] === "signal" && given.value.kind === "an aborted signal") return;

        const outcome = await clearOutcome(() => chat(answering, value as ChatRequest).result());

        if (outcome.code === undefined) return;
        // the provider knows one model alone
        expect(outcome.code).toBe(outcome.message.includes("unknown model") ? "not-found" : "bad-request");
        expect(outcome.message).toContain(path[0] ?? "request");
      },
      trials(2_500),
    );
  },
  TRIALS_MS,
);

/** What stands at one place of a provider's stream. */
interface WildStream {
  /** Where the value stands. */
  readonly place: "stream" | "iterator" | "next" | "result" | "part" | "field" | "thrown" | "return";
  /** The value. */
  readonly value: WildValue;
  /** Whether an answer has begun before. */
  readonly late: boolean;
}

const wildStream: fc.Arbitrary<WildStream> = fc.record({
  place: fc.constantFrom("stream", "iterator", "next", "result", "part", "field", "thrown", "return"),
  value: wildValue,
  late: fc.boolean(),
});

/** A provider that does what no provider should do. */
function wildProvider({ place, value: { create }, late }: WildStream, field: number): ChatProvider {
  const given: unknown[] = late ? [{ type: "text-delta", delta: "a" }] : [];
  if (place === "part") given.push(create());
  if (place === "field") given.push(spoiltPart(field, create()));
  given.push({ type: "text-delta", delta: "b" }, FINISH);
  const iterator = {
    next(): unknown {
      const step = given.shift();
      if (place === "next" && step === FINISH) return create();
      if (place === "result" && step === FINISH) return Promise.resolve(create());
      if (place === "thrown" && step === FINISH) throw create();
      return Promise.resolve(
        step === undefined ? { done: true, value: undefined } : { done: false, value: step },
      );
    },
    return: () => create(),
  };
  if (place === "thrown" && field % 2 === 0) {
    return createToy(async function* () {
      if (late) yield { type: "text-delta", delta: "a" };
      throw create();
    });
  }
  const stream = {
    [Symbol.asyncIterator]: () => (place === "iterator" ? create() : iterator),
  } as unknown as AsyncIterable<StreamPart>;
  return createToy(() => (place === "stream" ? create() : stream) as AsyncIterable<StreamPart>);
}

const PARTS: readonly (() => Record<string, unknown>)[] = [
  () => ({ type: "text-delta", delta: "text", providerData: {} }),
  () => ({ type: "reasoning-delta", delta: "text", providerData: {} }),
  () => ({ type: "tool-call-delta", id: "1", name: "look", delta: "{" }),
  () => ({ type: "tool-call", id: "1", name: "look", arguments: "{}", providerData: {} }),
  () => ({ type: "source", url: "https://example.com", title: "t" }),
  () => ({ type: "warning", code: "unsupported", message: "m" }),
  () => ({ type: "later", of: "another minor" }),
  () => ({
    type: "finish",
    finishReason: "stop",
    rawFinishReason: "stop",
    usage: { inputTokens: 1, outputTokens: 1 },
    model: "toy-1",
    providerData: {},
    response: { id: "1", headers: {} },
    route: { attempts: [] },
  }),
];

function spoiltPart(place: number, value: unknown): unknown {
  const part = (PARTS[place % PARTS.length] as () => Record<string, unknown>)();
  const names = Object.keys(part);
  part[names[place % names.length] as string] = value;
  return part;
}

test(
  "whatever a provider throws, gives or yields, the call ends with an answer or a ChatError",
  async () => {
    await checkErrors(
      fc.tuple(wildStream, fc.nat(1_000), fc.boolean()),
      async ([wild, field, wrapped]) => {
        const create = () => {
          const provider = wildProvider(wild, field);
          return wrapped ? wrapProvider(provider, { stream: (next) => next() }) : provider;
        };
        const request: ChatRequest = { messages, timeouts: { firstChunkMs: 40, chunkMs: 40, totalMs: 80 } };

        await clearOutcome(() => chat(create(), request).result());
        await clearOutcome(async () => {
          for await (const part of chat(create(), request)) void part;
        });
      },
      trials(1_000),
    );
  },
  TRIALS_MS,
);

test(
  "whatever is handed to chat() as a provider or as options, it ends with an answer or a clear error",
  async () => {
    await checkErrors(
      fc.tuple(spoiling, spoiling),
      async ([first, second]) => {
        const provider = spoil(
          { ...answering, status: { ...answering.status }, models: [{ id: "toy-1" }] },
          first,
        ).value as ChatProvider;
        const options = spoil(
          { timeouts: { firstChunkMs: 500, commitMs: 500 }, reasoningOnly: false },
          second,
        );

        await clearOutcome(() => chat(provider, { messages }, options.value as object).result());
      },
      trials(500),
    );
  },
  TRIALS_MS,
);
