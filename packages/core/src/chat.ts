import type {
  ChatProvider,
  ChatRequest,
  FinishReason,
  Route,
  Source,
  StreamPart,
  ToolCall,
  Usage,
  Warning,
} from "./contract.ts";
import { ChatError } from "./errors.ts";
import { createFold } from "./fold.ts";
import { guard } from "./guard.ts";
import type { GuardOptions } from "./guard-options.ts";
import { createPartIterator, iterableOf, type OwnIterator } from "./iterator.ts";
import { createRecord } from "./record.ts";
import { END, type GuardedParts, TAKE } from "./take.ts";

/** A whole answer. */
export interface ChatResult {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  readonly sources: readonly Source[];
  readonly warnings: readonly Warning[];
  /** "other" when the consumer left before the end. */
  readonly finishReason: FinishReason;
  readonly usage?: Usage | undefined;
  /** As the server reported it. */
  readonly model?: string | undefined;
  readonly route: Route;
}

/**
 * One answer as it comes: its parts, its text, or the whole.
 *
 * The call starts when it is first consumed, and its stream can be consumed once. `text()` and `result()` consume
 * it when nobody else does; otherwise they tell what was consumed, once that has ended.
 */
export interface ChatReply extends AsyncIterable<StreamPart> {
  /** The text deltas alone. */
  readonly textStream: AsyncIterable<string>;
  /** Who was asked so far; fills while the call runs. */
  readonly route: Route;
  text(): Promise<string>;
  result(): Promise<ChatResult>;
}

/**
 * Asks one provider.
 *
 * @throws what the guard throws, with the route, wherever the reply is consumed
 * @example
 * const reply = chat(createPizzagpt(), { messages: [{ role: "user", content: "Hello" }] });
 * for await (const text of reply.textStream) process.stdout.write(text);
 */
export function chat(provider: ChatProvider, request: ChatRequest, options?: GuardOptions): ChatReply {
  const record = createRecord(provider, request);
  const fold = createFold();
  let parts: GuardedParts | undefined;
  let consumer: object | undefined;
  let outcome: Outcome | undefined;
  /** Who asked for the result while somebody else was reading. */
  const waiting: (() => void)[] = [];

  function begin(): GuardedParts {
    record.begin();
    parts = guard(provider, request, { ...options, route: record.route });
    return parts;
  }

  function receive(part: StreamPart): StreamPart {
    if (part.type !== "finish") {
      fold.add(part);
      return part;
    }
    record.end("answered", part);
    const finish = { ...part, route: record.route };
    settle({ result: fold.result(record.route, finish) });
    return finish;
  }

  function fail(reason: unknown): never {
    const failure = record.fail(reason);
    settle({ failure });
    throw failure;
  }

  function settle(settled: Outcome): void {
    outcome ??= settled;
    for (const tell of waiting.splice(0)) tell();
  }

  /** Written by hand: each layer of async functions would add turns of the microtask queue to every part. */
  function iterate<Value>(pick: (part: StreamPart) => Value | undefined): OwnIterator<Value> {
    let left = false;

    function take(): Value | undefined {
      for (let part = parts?.[TAKE]?.(); part !== undefined; part = parts?.[TAKE]?.()) {
        const value = pick(receive(part));
        if (value !== undefined) return value;
      }
      return undefined;
    }

    function wait(source: GuardedParts): Promise<IteratorResult<Value, undefined>> {
      return source.next().then((result) => {
        if (result.done) return END;
        const value = pick(receive(result.value)) ?? take();
        return value === undefined ? wait(source) : { done: false, value };
      }, fail);
    }

    const iterator: OwnIterator<Value> = createPartIterator({
      take: () => (consumer === iterator && !left ? take() : undefined),
      next() {
        consumer ??= iterator;
        if (consumer !== iterator) return Promise.reject(consumedTwice());
        if (left) return Promise.resolve(END);
        try {
          const value = take();
          if (value !== undefined) return Promise.resolve({ done: false, value });
          return wait(parts ?? begin());
        } catch (reason) {
          return Promise.reject(reason).catch(fail);
        }
      },
      return() {
        consumer ??= iterator;
        left = true;
        if (consumer === iterator) leave();
        return Promise.resolve(END);
      },
    });
    return iterator;
  }

  function leave(): void {
    // a chain ends itself, and may fail at that: nobody waits for it any more
    Promise.resolve(parts?.return?.()).catch(() => {});
    record.end("aborted");
    settle({ result: fold.result(record.route) });
  }

  async function result(): Promise<ChatResult> {
    // nothing is picked, so this is the end
    if (consumer === undefined) await iterate(pickNothing).next();
    if (outcome === undefined) await new Promise<void>((resolve) => waiting.push(resolve));
    const { result, failure } = outcome as Outcome;
    if (result === undefined) throw failure;
    return result;
  }

  return iterableOf(() => iterate(pickAll), {
    textStream: iterableOf(() => iterate(pickText), {}),
    route: record.route,
    text: async () => (await result()).text,
    result,
  });
}

/** How a call ended. */
interface Outcome {
  readonly result?: ChatResult;
  readonly failure?: unknown;
}

function consumedTwice(): ChatError {
  return new ChatError("config", "the reply is consumed already, expected one reader for each call");
}

function pickAll(part: StreamPart): StreamPart {
  return part;
}

function pickNothing(): undefined {
  return undefined;
}

function pickText(part: StreamPart): string | undefined {
  return part.type === "text-delta" ? part.delta : undefined;
}
