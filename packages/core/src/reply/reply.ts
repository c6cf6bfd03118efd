import type { Route, StreamPart } from "../contract/contract.ts";
import { attachRoute, ChatError } from "../errors/chat-error.ts";
import type { OpenRoute } from "../guard/call-context.ts";
import type { CallEnd, GuardedAnswer } from "../guard/guarded-answer.ts";
import { LISTS, type ListedStream, type OpeningLists, type PartList } from "../parts/listed-stream.ts";
import { createPartReader, type PartReader } from "../parts/part-reader.ts";
import { type ChatResult, createResultParts, type ResultParts } from "./reply-result.ts";
import { type ResponseOptions, type TimedLists, toResponse, toTextStream } from "./web-response.ts";

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
  /** The whole text; @throws what ended the call. */
  text(): Promise<string>;
  /** The whole answer; @throws what ended the call. */
  result(): Promise<ChatResult>;
  /** The text as bytes, for whatever takes a web stream; the call begins with the first read. */
  toTextStream(): ReadableStream<Uint8Array>;
  /**
   * The answer of a web handler, once the first content is here: the text, or server-sent events.
   *
   * A failure before the content is a status and JSON. One after it breaks the text, and is the last event of events.
   * A client that leaves ends the call, and a body that nobody reads is given up after `firstChunkMs`.
   */
  toResponse(options?: ResponseOptions): Promise<Response>;
}

/** Makes the call of a reply, which records its attempts in the route. */
export type BeginCall = (route: OpenRoute) => OpeningLists<GuardedAnswer>;

/** The reply of a call that begins once the reply is consumed. */
export function createReply(begin: BeginCall): ChatReply {
  return new Reply(new ReplySource(begin));
}

/** Hides what it is made of, so that nobody logs a prompt who logs a reply. */
class Reply implements ChatReply, ListedStream {
  readonly textStream: AsyncIterable<string>;
  readonly route: Route;
  readonly text: () => Promise<string>;
  readonly result: () => Promise<ChatResult>;
  readonly #source: ReplySource;

  constructor(source: ReplySource) {
    this.#source = source;
    this.textStream = new TextStream(source);
    this.route = source.route;
    // fields, because an application may take them off the reply
    this.result = () => source.result();
    this.text = async () => (await source.result()).text;
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamPart, undefined> {
    return this.#source.read(pickPart);
  }

  [LISTS](): OpeningLists {
    return this.#source.readLists();
  }

  toTextStream(): ReadableStream<Uint8Array> {
    return toTextStream(this.#source.readLists());
  }

  toResponse(options?: ResponseOptions): Promise<Response> {
    return toResponse(this.#source.readLists(), options);
  }
}

class TextStream implements AsyncIterable<string> {
  readonly #source: ReplySource;

  constructor(source: ReplySource) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return this.#source.read(pickText);
  }
}

/** How a call ended for its reply. */
interface Outcome {
  readonly result?: ChatResult;
  readonly failure?: unknown;
}

/** What all readers of a reply share. */
class ReplySource {
  readonly route: OpenRoute = { attempts: [] };
  private readonly parts = createResultParts();
  private readonly begin: BeginCall;
  /** Who reads: the first that asks. */
  private claim: Claim | undefined = undefined;
  private opening: OpeningLists<GuardedAnswer> | undefined = undefined;
  private answer: GuardedAnswer | undefined = undefined;
  private outcome: Outcome | undefined = undefined;
  /** Who asked for the result while somebody else was reading. */
  private waiting: (() => void)[] | undefined = undefined;

  constructor(begin: BeginCall) {
    this.begin = begin;
  }

  read<Value>(pick: (part: StreamPart) => Value | undefined): PartReader<Value> {
    const { parts } = this;
    const claim = new Claim(this);
    const reader = createPartReader(claim, (part) => {
      if (part.type !== "text-delta") parts.add(part);
      return pick(part);
    });
    claim.reader = reader;
    return reader;
  }

  readLists(): OpeningLists<TimedLists> {
    const claim = new Claim(this);
    return {
      open: async () => {
        const answer = await claim.open();
        return answer && new GatheredLists(answer, this.parts);
      },
      return: () => claim.return(),
    };
  }

  async result(): Promise<ChatResult> {
    // nothing is picked, so this is the end
    if (this.claim === undefined) await this.read(pickNothing).next();
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

  async open(claim: Claim): Promise<GuardedAnswer | undefined> {
    this.claim ??= claim;
    if (this.claim !== claim) {
      throw new ChatError("config", "the reply is consumed already, expected one reader for each call");
    }
    try {
      this.opening = this.begin(this.route);
      this.answer = await this.opening.open();
    } catch (failure) {
      this.end({ failure, aborted: false });
      throw failure;
    }
    this.answer?.whenEnded((end) => this.end(end));
    return this.answer;
  }

  /** A reader leaves before it has the answer. */
  async leave(claim: Claim): Promise<void> {
    this.claim ??= claim;
    if (this.claim !== claim) return;
    await this.opening?.return();
    this.end({ left: true });
  }

  private end(end: CallEnd): void {
    if (this.outcome !== undefined) return;
    const { route, claim, parts } = this;
    if ("finish" in end) {
      nameAnswerer(route, end.finish.route);
      this.outcome = { result: parts.result({ ...this.consumed([]), route, finish: end.finish }) };
    } else {
      // who began to answer has not answered
      nameAnswerer(route, undefined);
      if ("left" in end) {
        const unread = claim?.reader?.unread() ?? [];
        this.outcome = { result: parts.result({ ...this.consumed(unread), route }) };
      } else {
        if (end.aborted) claim?.reader?.discard();
        else attachMissingRoute(end.failure, route);
        this.outcome = { failure: end.failure };
      }
    }
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.forEach((tell) => void tell());
  }

  /** The guard keeps the text of an answer, with that of parts which the reader has not come to. */
  private consumed(unread: PartList): { readonly text: string; readonly reasoning: string } {
    const { answer } = this;
    if (answer === undefined) return { text: "", reasoning: "" };
    return {
      text: withoutLast(answer.text(), lengthOf(unread, "text-delta")),
      reasoning: withoutLast(answer.reasoning(), lengthOf(unread, "reasoning-delta")),
    };
  }
}

/** One reader's place at a reply, which only the first that reads gets. */
class Claim implements OpeningLists<GuardedAnswer> {
  private readonly source: ReplySource;
  reader: Pick<PartReader<unknown>, "unread" | "discard"> | undefined = undefined;

  constructor(source: ReplySource) {
    this.source = source;
  }

  open(): Promise<GuardedAnswer | undefined> {
    return this.source.open(this);
  }

  return(): Promise<void> {
    return this.source.leave(this);
  }
}

/** The lists of an answer, which count as read once they are given. */
class GatheredLists implements TimedLists {
  private readonly answer: GuardedAnswer;
  private readonly parts: ResultParts;

  constructor(answer: GuardedAnswer, parts: ResultParts) {
    this.answer = answer;
    this.parts = parts;
  }

  get firstChunkMs(): number {
    return this.answer.firstChunkMs;
  }

  async next(): Promise<PartList | undefined> {
    const list = await this.answer.next();
    for (const part of list ?? []) if (part.type !== "text-delta") this.parts.add(part);
    return list;
  }

  return(): Promise<void> {
    return this.answer.return();
  }
}

function nameAnswerer(route: OpenRoute, { provider, model }: Pick<Route, "provider" | "model"> = {}): void {
  if (provider === undefined) delete route.provider;
  else route.provider = provider;
  if (model === undefined) delete route.model;
  else route.model = model;
}

/** What was thrown may be anything, also what throws when it is looked at. */
function attachMissingRoute(failure: unknown, route: Route): void {
  try {
    if (failure instanceof ChatError && failure.route === undefined) attachRoute(failure, route);
  } catch {
    // it is the caller's own, and stays as it is
  }
}

function lengthOf(parts: PartList, type: "text-delta" | "reasoning-delta"): number {
  return parts.reduce((length, part) => length + (part.type === type ? part.delta.length : 0), 0);
}

function withoutLast(text: string, length: number): string {
  return length === 0 ? text : text.slice(0, -length);
}

function pickPart(part: StreamPart): StreamPart {
  return part;
}

function pickNothing(): undefined {
  return undefined;
}

function pickText(part: StreamPart): string | undefined {
  return part.type === "text-delta" ? part.delta : undefined;
}
