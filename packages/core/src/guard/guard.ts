import { instanceSettings } from "../contract/card.ts";
import type { ChatProvider, ChatRequest, FinishPart, StreamPart } from "../contract/contract.ts";
import { DEFAULT_LIMITS, NEARBY_TIMEOUTS, RATE_START, TIDY_MS, TRAILER_MS } from "../contract/defaults.ts";
import {
  deniedCapability,
  findModel,
  needsOf,
  selectModel,
  strangerWarning,
} from "../contract/requirements.ts";
import { ChatError } from "../errors/chat-error.ts";
import { explainFailure } from "../errors/explain-failure.ts";
import { quote } from "../errors/redact.ts";
import { requestIdOf } from "../http/answer/request-id.ts";
import { LISTS, type OpeningLists, type PartList, type PartLists } from "../parts/listed-stream.ts";
import { openLists } from "../parts/part-lists.ts";
import { visibleHeaders } from "../services/visible-headers.ts";
import { abortReason, ignoreAbort, listenToAbort } from "./abort-listeners.ts";
import { type Call, callOf, openCall } from "./call-context.ts";
import { capTimeout, createWatch, resolveTimeouts, type TimerName, type Watch } from "./call-timers.ts";
import { type FailedCall, type GuardOptions, idsOf, isSelfGuarded } from "./guard-options.ts";
import type { CallEnd, GuardedAnswer } from "./guarded-answer.ts";
import { createIntake, type Intake } from "./part-judge.ts";
import { timedOut } from "./timed-out.ts";
import { noteWaiting } from "./waiting.ts";

/** After so many lists in a row with nothing in them the event loop gets a turn: else no timer could end the call. */
const TURN_EVERY = 256;

/**
 * One call to one provider, with the invariants of the contract kept.
 *
 * It opens only when content has come: whoever has the answer knows that the provider really answers. It fails with a
 * `ChatError` that names provider, model and phase, and carries `partial` after the first content; an abort rejects at
 * once with the caller's own reason.
 */
export function guard(
  provider: ChatProvider,
  request: ChatRequest,
  options: GuardOptions = {},
): OpeningLists<GuardedAnswer> {
  try {
    if (isSelfGuarded(provider)) return provider.stream(request, options)[LISTS]();
    return new GuardedCall(provider, request, options);
  } catch (thrown) {
    // a getter or a trap of the provider's
    if (thrown instanceof ChatError) throw thrown;
    throw new ChatError("config", "the provider could not be read, expected plain data");
  }
}

class GuardedCall implements OpeningLists<GuardedAnswer>, GuardedAnswer {
  private readonly provider: ChatProvider;
  private readonly id: string;
  // hidden, so that nobody logs a prompt who logs a stream
  readonly #request: ChatRequest;
  readonly #options: GuardOptions;
  private model: string | undefined;
  private readonly timeouts: ReturnType<typeof resolveTimeouts>;
  /** Whether its model may have to be loaded first. */
  private readonly nearby: boolean;
  private readonly limits: Readonly<Record<TimerName, number>>;
  private readonly intake: Intake;
  private readonly controller = new AbortController();
  private readonly call: Call;
  private opening: OpeningLists | undefined = undefined;
  private source: PartLists | undefined = undefined;
  private watch: Watch | undefined = undefined;
  private finish: FinishPart | undefined = undefined;
  private tidy: NodeJS.Timeout | undefined = undefined;
  private onAbort: (() => void) | undefined = undefined;
  private onClosing: (() => void) | undefined = undefined;
  private committed = false;
  /** When the start of an answer has been held back for long enough. */
  private rateTimer: NodeJS.Timeout | undefined = undefined;
  private ended: CallEnd | undefined = undefined;
  private listener: ((end: CallEnd) => void) | undefined = undefined;
  private fruitless = 0;
  /** A list is on its way: the next reader waits for it instead of asking for another. */
  private pulling = false;
  /** What came while nobody was waiting for it. */
  private ready: PartList | undefined = undefined;
  /** The end of the call, when nobody was waiting for it. */
  private unclaimed: { readonly reason: unknown } | undefined = undefined;
  // both are set while somebody waits: for the answer first, and then for each list
  private resolve: ((value: never) => void) | undefined = undefined;
  private reject: ((reason: unknown) => void) | undefined = undefined;

  constructor(provider: ChatProvider, request: ChatRequest, options: GuardOptions) {
    const { caps } = options;
    const instance = instanceSettings(provider);
    const { nearby } = instance;
    const usual = nearby ? NEARBY_TIMEOUTS : undefined;
    const timeouts = resolveTimeouts(usual, options.timeouts, instance.timeouts, request.timeouts);
    timeouts.firstChunkMs = capTimeout(timeouts.firstChunkMs, caps?.firstChunkMs);
    timeouts.totalMs = capTimeout(timeouts.totalMs, caps?.totalMs);
    this.provider = provider;
    this.id = provider.id;
    this.#request = request;
    this.nearby = nearby === true;
    this.#options = options;
    this.model = request.model;
    this.timeouts = timeouts;
    this.limits = { ...timeouts, commitMs: caps?.commitMs ?? 0 };
    this.intake = createIntake(
      instance.limits?.streamBytes ?? DEFAULT_LIMITS.streamBytes,
      options.reasoningOnly ?? false,
      options.emptyAllowed ?? false,
    );
    this.call = {
      phase: "connect",
      exchanges: 0,
      connectMs: timeouts.connectMs,
      route: options.route ?? callOf(request.signal)?.route ?? { attempts: [] },
      chain: options.chain,
      key: options.key,
      observer: options.observer,
    };
    openCall(this.controller.signal, this.call);
  }

  open(): Promise<GuardedAnswer | undefined> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.start();
    });
  }

  next(): Promise<PartList | undefined> {
    const { ready, unclaimed } = this;
    if (ready !== undefined) {
      this.ready = undefined;
      return Promise.resolve(ready);
    }
    if (unclaimed !== undefined) {
      this.unclaimed = undefined;
      return Promise.reject(unclaimed.reason);
    }
    if (this.ended !== undefined) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.watch?.waiting();
      if (!this.pulling) this.pull();
    });
  }

  return(): Promise<void> {
    this.ready = undefined;
    this.unclaimed = undefined;
    if (this.ended === undefined) {
      this.#options.observer?.left();
      this.end({ left: true });
      this.dismiss(new DOMException("the consumer left the stream", "AbortError"));
      this.hand(undefined);
    }
    return Promise.resolve();
  }

  get firstChunkMs(): number {
    return this.limits.firstChunkMs;
  }

  text(): string {
    return this.intake.text();
  }

  reasoning(): string {
    return this.intake.reasoning();
  }

  whenEnded(listener: (end: CallEnd) => void): void {
    if (this.ended === undefined) this.listener = listener;
    else listener(this.ended);
  }

  private start(): void {
    const { provider, intake, timeouts, controller } = this;
    const request = this.#request;
    const { signal } = request;
    if (signal?.aborted) {
      this.abort(signal);
      return;
    }
    this.watch = createWatch(this.limits, (timer) => this.expire(timer));
    try {
      if (signal !== undefined) {
        this.onAbort = () => this.abort(signal);
        listenToAbort(signal, this.onAbort);
      }
      const { closing } = this.#options;
      if (closing !== undefined) {
        this.onClosing = () => this.fail(closing.reason);
        listenToAbort(closing, this.onClosing);
      }
      const { model, warning } = selectModel(provider, this.model);
      this.model = model;
      // it is held back until there is content
      if (warning !== undefined) intake.take({ type: "warning", code: "adjusted", message: warning }, []);
      // a guard around this one has reported it
      const strangers =
        callOf(signal) === undefined
          ? strangerWarning(request, this.#options.ids ?? idsOf(provider))
          : undefined;
      if (strangers !== undefined) intake.take(strangers, []);
      const denied = deniedCapability(findModel(provider, model), needsOf(request));
      if (denied !== undefined) {
        throw new ChatError("unsupported", `model ${quote(model ?? "")} does not do ${denied}`);
      }
      const { commitMs: _, ...forCall } = timeouts;
      const parts = provider.stream({ ...request, model, timeouts: forCall, signal: controller.signal });
      if (parts?.[Symbol.asyncIterator] === undefined) {
        throw new ChatError("contract", "stream() gave no async iterable");
      }
      this.opening = openLists(parts);
      if (this.nearby)
        noteWaiting(this.call.route, { provider: provider.id, model, since: performance.now() });
      if (this.ended === undefined) this.opening.open().then(this.begin, this.fail);
      else this.dismiss();
    } catch (error) {
      this.fail(error);
    }
  }

  private readonly begin = (source: PartLists | undefined): void => {
    this.source = source;
    if (this.ended !== undefined) this.dismiss();
    else if (source === undefined) this.receive(undefined);
    else this.pull();
  };

  private pull(): void {
    this.pulling = true;
    // what waits for the end of an answer that is whole may not wait for long
    if (this.finish !== undefined) this.tidy ??= setTimeout(() => this.abandon(), TIDY_MS);
    try {
      (this.source as PartLists).next().then(this.receive, this.fail);
    } catch (error) {
      this.fail(error);
    }
  }

  private readonly receive = (list: PartList | undefined): void => {
    if (this.ended !== undefined) return;
    this.pulling = false;
    const given: StreamPart[] = [];
    try {
      if (list === undefined) this.conclude(given);
      else this.judge(list, given);
    } catch (error) {
      // what came before it is read before it
      if (given.length > 0) this.hand(given);
      this.fail(error);
      return;
    }
    if (given.length > 0) this.hand(given);
    else this.pullAgain();
  };

  /** Adds what is to be handed on of a list; @throws what is wrong with the rest of it */
  private judge(list: PartList, given: StreamPart[]): void {
    const { intake } = this;
    const contents = intake.contents();
    try {
      for (const part of list) {
        if (typeof part !== "object" || part === null) {
          throw new ChatError("contract", `stream() gave ${quote(String(part))}, expected a stream part`);
        }
        if (this.finish !== undefined) {
          throw new ChatError("contract", "stream() gave a part after `finish`, expected it to be the last");
        }
        if (part.type === "finish") this.finish = intake.checkEnd(part);
        else intake.take(part, given);
      }
    } finally {
      if (given.length > 0) this.watch?.received(intake.contents() > contents);
    }
  }

  private pullAgain(): void {
    this.fruitless++;
    this.pulling = true;
    if (this.fruitless % TURN_EVERY === 0) setImmediate(() => this.pull());
    else this.pull();
  }

  /** Gives the reader what it waits for, or keeps it until the reader comes. */
  private hand(list: PartList | undefined): void {
    const resolve = this.resolve as ((value: unknown) => void) | undefined;
    this.fruitless = 0;
    if (list !== undefined && (resolve === undefined || !this.committed)) {
      this.ready = this.ready === undefined ? list : [...this.ready, ...list];
    }
    if (list !== undefined && !this.committed && this.isMeasured()) {
      this.watch?.waiting();
      this.pull();
      return;
    }
    if (list !== undefined && !this.committed) {
      this.commit();
      return;
    }
    this.stopWaiting();
    resolve?.(list);
  }

  /** Whether the start of this answer is held back still, because nobody knows yet how fast it comes. */
  private isMeasured(): boolean {
    const { minRate = 0 } = this.#options;
    if (minRate === 0 || this.ended !== undefined || this.characters() >= RATE_START.characters) return false;
    this.rateTimer ??= setTimeout(() => this.judgeRate(minRate), RATE_START.ms);
    return true;
  }

  private judgeRate(minRate: number): void {
    if (this.committed || this.ended !== undefined) return;
    const characters = this.characters();
    const seconds = RATE_START.ms / 1_000;
    if (characters >= minRate * seconds) {
      this.commit();
      return;
    }
    const problem = `gave ${characters} characters in the first ${seconds} s`;
    this.fail(new ChatError("timeout", `${problem}, expected at least ${minRate} a second`));
  }

  private characters(): number {
    const { intake } = this;
    return intake.text().length + intake.reasoning().length;
  }

  private commit(): void {
    const resolve = this.resolve as ((value: unknown) => void) | undefined;
    this.stopWaiting();
    this.committed = true;
    clearTimeout(this.rateTimer);
    if (this.nearby) noteWaiting(this.call.route, undefined);
    this.#options.observer?.committed();
    resolve?.(this);
  }

  private stopWaiting(): void {
    this.resolve = undefined;
    this.reject = undefined;
  }

  /** Adds the parts that are left after the provider's last; @throws a `ChatError` for an end that makes no answer */
  private conclude(given: StreamPart[]): void {
    if (this.finish === undefined) this.intake.checkEnd(undefined);
    this.complete(given);
  }

  private complete(given: StreamPart[]): void {
    const { intake, call, controller } = this;
    const { observer } = this.#options;
    const finish = withResponse(this.finish as FinishPart, call.headers);
    intake.release(given);
    const told = observer === undefined ? finish : observer.finished(finish, () => intake.partial());
    given.push(told);
    this.end({ finish: told });
    // the rest of the body usually follows its end marker at once, and then the connection can be used again
    if (call.exchanges > 0) setTimeout(() => controller.abort(), TRAILER_MS).unref();
  }

  /** The answer is whole; only its provider does not come to an end. */
  private abandon(): void {
    if (this.ended !== undefined) return;
    const given: StreamPart[] = [];
    this.complete(given);
    this.dismiss();
    this.hand(given);
  }

  private expire(timer: TimerName): void {
    const contents = this.intake.contents();
    // one turn later, so that an abort or content of the same tick wins
    setImmediate(() => {
      if (this.ended !== undefined) return;
      const { watch, limits } = this;
      if (timer !== "totalMs" && this.intake.contents() > contents) watch?.resume();
      else this.failWith(timedOut(timer, limits[timer], this.isRead()), !this.isRead());
    });
  }

  /** Whether the reader waits for more, so that silence is the provider's. */
  private isRead(): boolean {
    return this.watch?.isWaiting() === true;
  }

  private abort(signal: AbortSignal): void {
    this.ready = undefined;
    this.endWith(abortReason(signal), { aborted: true, unread: false });
  }

  private readonly fail = (thrown: unknown): void => this.failWith(thrown, false);

  private failWith(thrown: unknown, unread: boolean): void {
    if (this.ended !== undefined) return;
    const { id, model, call, intake } = this;
    if (this.finish !== undefined && !breaksContract(thrown)) {
      this.abandon();
      return;
    }
    const partial = intake.contents() > 0 ? intake.partial() : undefined;
    const reason = explainFailure(thrown, { provider: id, model, request: this.#request, call, partial });
    this.endWith(reason, { aborted: false, unread });
  }

  private endWith(reason: unknown, facts: FailedCall): void {
    if (this.ended !== undefined) return;
    const failure = this.observeFailure(reason, facts);
    this.end({ failure, aborted: facts.aborted });
    this.dismiss(reason);
    if (this.reject === undefined) this.unclaimed = { reason: failure };
    else this.reject(failure);
    this.stopWaiting();
  }

  /** A call that fails ends, also where whoever watches it fails at that. */
  private observeFailure(reason: unknown, facts: FailedCall): unknown {
    const { observer } = this.#options;
    try {
      return observer === undefined ? reason : observer.failed(reason, facts);
    } catch {
      return reason;
    }
  }

  private dismiss(reason?: unknown): void {
    this.controller.abort(reason);
    // not awaited: a provider that hangs would never come back
    void leave(this.source ?? this.opening);
  }

  private end(end: CallEnd): void {
    this.ended = end;
    this.watch?.stop();
    clearTimeout(this.tidy);
    clearTimeout(this.rateTimer);
    if (this.nearby && !this.committed) noteWaiting(this.call.route, undefined);
    const { signal } = this.#request;
    const { closing } = this.#options;
    if (signal !== undefined && this.onAbort !== undefined) ignoreAbort(signal, this.onAbort);
    if (closing !== undefined && this.onClosing !== undefined) ignoreAbort(closing, this.onClosing);
    this.listener?.(end);
  }
}

/** The end of an answer, with the facts of its headers where the provider itself reports none. */
function withResponse(finish: FinishPart, headers: Call["headers"]): FinishPart {
  if (headers === undefined || finish.response !== undefined) return finish;
  return { ...finish, response: { id: requestIdOf(headers), headers: visibleHeaders(headers) } };
}

async function leave(stream: { return(): Promise<void> } | undefined): Promise<void> {
  try {
    await stream?.return();
  } catch {
    // whoever left waits for nothing
  }
}

/** Whether this says that what came is no answer, even if it looked whole. */
function breaksContract(thrown: unknown): boolean {
  try {
    return thrown instanceof ChatError && thrown.code === "contract";
  } catch {
    return false;
  }
}
