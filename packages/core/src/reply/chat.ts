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
} from "../contract/contract.ts";
import { parseRequest } from "../contract/parse-request.ts";
import { ChatError } from "../errors/chat-error.ts";
import { guard } from "../guard/guard.ts";
import type { GuardOptions } from "../guard/guard-options.ts";
import { END, type GuardedParts, TAKE } from "../parts/take.ts";
import { createFold, type Fold } from "./reply-result.ts";
import { type CallRecord, createRecord } from "./route-record.ts";

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
  return new Reply(new ReplySource(provider, parseRequest(request), options));
}

/** Hides what it is made of, so that nobody logs a prompt who logs a reply. */
class Reply implements ChatReply {
  readonly textStream: AsyncIterable<string>;
  readonly route: Route;
  readonly text: () => Promise<string>;
  readonly result: () => Promise<ChatResult>;
  readonly #source: ReplySource;

  constructor(source: ReplySource) {
    this.#source = source;
    this.textStream = new TextStream(source);
    this.route = source.record.route;
    // fields, because an application may take them off the reply
    this.result = () => source.result();
    this.text = async () => (await source.result()).text;
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamPart, undefined> {
    return new Consumer(this.#source, pickAll);
  }
}

class TextStream implements AsyncIterable<string> {
  readonly #source: ReplySource;

  constructor(source: ReplySource) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return new Consumer(this.#source, pickText);
  }
}

/** What all consumers of a reply share. */
class ReplySource {
  readonly record: CallRecord;
  parts: GuardedParts | undefined = undefined;
  /** Who consumes the stream: the first that asks. */
  consumer: object | undefined = undefined;
  private readonly provider: ChatProvider;
  private readonly request: ChatRequest;
  private readonly options: GuardOptions | undefined;
  private readonly fold: Fold = createFold();
  private outcome: Outcome | undefined = undefined;
  /** Who asked for the result while somebody else was reading. */
  private waiting: (() => void)[] | undefined = undefined;

  constructor(provider: ChatProvider, request: ChatRequest, options: GuardOptions | undefined) {
    this.provider = provider;
    this.request = request;
    this.options = options;
    this.record = createRecord(provider, request);
  }

  begin(): GuardedParts {
    const { record } = this;
    record.begin();
    this.parts = guard(this.provider, this.request, { ...this.options, route: record.route });
    return this.parts;
  }

  receive(part: StreamPart): StreamPart {
    if (part.type !== "finish") {
      this.fold.add(part);
      return part;
    }
    const { record, fold } = this;
    record.end("answered", part);
    const finish = { ...part, route: record.route };
    this.settle({ result: fold.result(record.route, finish) });
    return finish;
  }

  readonly fail = (reason: unknown): never => {
    const failure = this.record.fail(reason);
    this.settle({ failure });
    throw failure;
  };

  leave(): void {
    // a chain ends itself, and may fail at that: nobody waits for it any more
    Promise.resolve(this.parts?.return?.()).catch(() => {});
    this.record.end("aborted");
    this.settle({ result: this.fold.result(this.record.route) });
  }

  async result(): Promise<ChatResult> {
    // nothing is picked, so this is the end
    if (this.consumer === undefined) await new Consumer(this, pickNothing).next();
    if (this.outcome === undefined) {
      await new Promise<void>((resolve) => {
        this.waiting ??= [];
        this.waiting.push(resolve);
      });
    }
    const { result, failure } = this.outcome as Outcome;
    if (result === undefined) throw failure;
    return result;
  }

  private settle(settled: Outcome): void {
    this.outcome ??= settled;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.forEach((tell) => void tell());
  }
}

/** No generator: each layer of async functions would add turns of the microtask queue to every part. */
class Consumer<Value> implements AsyncIterableIterator<Value, undefined> {
  readonly #source: ReplySource;
  readonly #pick: (part: StreamPart) => Value | undefined;
  #left = false;

  constructor(source: ReplySource, pick: (part: StreamPart) => Value | undefined) {
    this.#source = source;
    this.#pick = pick;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [TAKE](): Value | undefined {
    return this.#source.consumer === this && !this.#left ? this.take() : undefined;
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    const source = this.#source;
    source.consumer ??= this;
    if (source.consumer !== this) return Promise.reject(consumedTwice());
    if (this.#left) return Promise.resolve(END);
    try {
      const value = this.take();
      if (value !== undefined) return Promise.resolve({ done: false, value });
      return this.wait(source.parts ?? source.begin());
    } catch (reason) {
      return Promise.reject(reason).catch(source.fail);
    }
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    const source = this.#source;
    source.consumer ??= this;
    this.#left = true;
    if (source.consumer === this) source.leave();
    return Promise.resolve(END);
  }

  private take(): Value | undefined {
    const source = this.#source;
    for (let part = source.parts?.[TAKE]?.(); part !== undefined; part = source.parts?.[TAKE]?.()) {
      const value = this.#pick(source.receive(part));
      if (value !== undefined) return value;
    }
    return undefined;
  }

  private wait(parts: GuardedParts): Promise<IteratorResult<Value, undefined>> {
    const source = this.#source;
    return parts.next().then((result) => {
      if (result.done) return END;
      const value = this.#pick(source.receive(result.value)) ?? this.take();
      return value === undefined ? this.wait(parts) : { done: false, value };
    }, source.fail);
  }
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
