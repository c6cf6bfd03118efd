import { setMaxListeners } from "node:events";
import { instanceSettings } from "../contract/card.ts";
import type { ChatProvider, ChatRequest, FinishPart, StreamPart } from "../contract/contract.ts";
import { DEFAULT_LIMITS, TIDY_MS, TRAILER_MS } from "../contract/defaults.ts";
import { deniedCapability, findModel, requiredCapabilities, selectModel } from "../contract/requirements.ts";
import { ChatError } from "../errors/chat-error.ts";
import { explainFailure } from "../errors/explain-failure.ts";
import { quote } from "../errors/redact.ts";
import { END, ENDED, type GuardedParts, type PartIterator, TAKE } from "../parts/take.ts";
import { type Call, callOf, openCall } from "./call-context.ts";
import { capTimeout, createWatch, resolveTimeouts, type TimerName, type Watch } from "./call-timers.ts";
import { type GuardOptions, SELF_GUARDED, type SelfGuarded } from "./guard-options.ts";
import { createIntake, type Intake } from "./part-judge.ts";
import { timedOut } from "./timed-out.ts";

/** After so many parts in a row without content the event loop gets a turn: else no timer could end the call. */
const TURN_EVERY = 256;
const noop = (): void => {};

type Result = IteratorResult<StreamPart, undefined>;

/**
 * The stream of one call to one provider, with the invariants of the contract kept.
 *
 * Its first part comes only when content has come: whoever has it knows that the provider really answers. Fails
 * with a `ChatError` that names provider, model and phase, and carries `partial` after the first content; an abort
 * rejects at once with the caller's own reason.
 */
export function guard(
  provider: ChatProvider,
  request: ChatRequest,
  options: GuardOptions = {},
): GuardedParts {
  if (SELF_GUARDED in provider) {
    const parts = (provider as SelfGuarded).stream(request, options);
    return parts[Symbol.asyncIterator]() as GuardedParts;
  }

  return new GuardedCall(provider, request, options);
}

class GuardedCall implements GuardedParts {
  private readonly provider: ChatProvider;
  /** Hidden, so that nobody logs a prompt who logs a stream. */
  readonly #request: ChatRequest;
  private model: string | undefined;
  private readonly timeouts: ReturnType<typeof resolveTimeouts>;
  private readonly limits: Readonly<Record<TimerName, number>>;
  private readonly intake: Intake;
  private readonly controller = new AbortController();
  private readonly call: Call;
  private source: PartIterator | undefined = undefined;
  /** The provider was asked for a part that has not come. */
  private pulling = false;
  private watch: Watch | undefined = undefined;
  private finish: FinishPart | undefined = undefined;
  private tidy: NodeJS.Timeout | undefined = undefined;
  private onAbort: (() => void) | undefined = undefined;
  private ended = false;
  private fruitless = 0;
  private readonly ready: StreamPart[] = [];
  // both are set while somebody waits
  private resolve: ((result: Result) => void) | undefined = undefined;
  private reject: ((reason: unknown) => void) | undefined = undefined;
  /** The end of the call, when nobody was waiting for it. */
  private unclaimed: { readonly reason: unknown } | undefined = undefined;

  constructor(provider: ChatProvider, request: ChatRequest, options: GuardOptions) {
    const { caps } = options;
    const instance = instanceSettings(provider);
    const timeouts = resolveTimeouts(options.timeouts, instance.timeouts, request.timeouts);
    timeouts.firstChunkMs = capTimeout(timeouts.firstChunkMs, caps?.firstChunkMs);
    timeouts.totalMs = capTimeout(timeouts.totalMs, caps?.totalMs);
    this.provider = provider;
    this.#request = request;
    this.model = request.model;
    this.timeouts = timeouts;
    this.limits = { ...timeouts, commitMs: caps?.commitMs ?? 0 };
    this.intake = createIntake(
      instance.limits?.streamBytes ?? DEFAULT_LIMITS.streamBytes,
      options.reasoningOnly ?? false,
    );
    this.call = {
      phase: "connect",
      exchanges: 0,
      connectMs: timeouts.connectMs,
      route: options.route ?? callOf(request.signal)?.route ?? { attempts: [] },
    };
    openCall(this.controller.signal, this.call);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [TAKE](): StreamPart | undefined {
    return this.resolve === undefined ? this.take() : undefined;
  }

  next(): Promise<Result> {
    if (this.resolve !== undefined) {
      return Promise.reject(new ChatError("config", "the stream is read twice at once, expected one reader"));
    }
    const taken = this.take();
    if (taken !== undefined) return Promise.resolve({ done: false, value: taken });
    if (this.unclaimed !== undefined) {
      const { reason } = this.unclaimed;
      this.unclaimed = undefined;
      return Promise.reject(reason);
    }
    if (this.ended) return Promise.resolve(END);
    const waiting = new Promise<Result>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    if (this.source === undefined) this.start();
    else {
      this.watch?.waiting();
      if (!this.pulling) this.pull();
    }
    return waiting;
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.ready.length = 0;
    this.unclaimed = undefined;
    if (!this.ended) this.leave(new DOMException("the consumer left the stream", "AbortError"));
    this.resolve?.(END);
    this.stopWaiting();
    return Promise.resolve(END);
  }

  private start(): void {
    const { provider, intake, timeouts, controller } = this;
    const request = this.#request;
    const { signal } = request;
    if (signal?.aborted) {
      this.end(signal.reason);
      return;
    }
    if (signal !== undefined) {
      // one signal may end all calls of a server, which is no leak
      setMaxListeners(0, signal);
      this.onAbort = () => this.abort(signal.reason);
      signal.addEventListener("abort", this.onAbort);
    }
    this.watch = createWatch(this.limits, (timer) => this.expire(timer));
    try {
      const { model, warning } = selectModel(provider, this.model);
      this.model = model;
      if (warning !== undefined) intake.take({ type: "warning", code: "adjusted", message: warning });
      const denied = deniedCapability(findModel(provider, model), requiredCapabilities(request));
      if (denied !== undefined) {
        throw new ChatError("unsupported", `model ${quote(model ?? "")} does not do ${denied}`);
      }
      const parts = provider.stream({ ...request, model, timeouts, signal: controller.signal });
      this.source = parts?.[Symbol.asyncIterator]?.();
      if (this.source === undefined) {
        throw new ChatError("contract", "stream() gave no async iterable");
      }
      if (this.ended) this.dismiss();
      else this.pull();
    } catch (error) {
      this.fail(error);
    }
  }

  private pull(): void {
    this.pulling = true;
    try {
      (this.source as PartIterator).next().then(this.receive, this.fail);
    } catch (error) {
      this.fail(error);
    }
  }

  private readonly receive = (result: IteratorResult<StreamPart>): void => {
    this.pulling = false;
    if (this.ended) return;
    try {
      const given = result.done ? this.conclude() : this.judge(result.value);
      if (given !== undefined) this.hand(given);
      else if (!this.ended) this.pullAgain();
    } catch (error) {
      this.fail(error);
    }
  };

  /** What is to be handed on for this part now, if anything; @throws what is wrong with it */
  private judge(part: StreamPart): StreamPart | undefined {
    const { intake, ready } = this;
    if (typeof part !== "object" || part === null) {
      throw new ChatError("contract", `stream() gave ${quote(String(part))}, expected a stream part`);
    }
    if (this.finish !== undefined) {
      throw new ChatError("contract", "stream() gave a part after `finish`, expected it to be the last");
    }
    if (part.type === "finish") {
      intake.checkEnd(part);
      this.finish = part;
      return this.seeEnd();
    }
    const contents = intake.contents();
    const given = intake.take(part);
    if (given === undefined) {
      this.fruitless++;
      return undefined;
    }
    this.fruitless = 0;
    this.watch?.received(intake.contents() > contents);
    const held = intake.release();
    if (held.length === 0) return given;
    ready.push(...held, given);
    return ready.shift();
  }

  /** After `finish` there is only the end; what is waiting for it may not wait for long. */
  private seeEnd(): StreamPart | undefined {
    const next = this.source?.[TAKE]?.();
    if (next !== undefined) return next === ENDED ? this.conclude() : this.judge(next);
    this.tidy = setTimeout(() => this.abandon(), TIDY_MS);
    return undefined;
  }

  private pullAgain(): void {
    if (this.fruitless > 0 && this.fruitless % TURN_EVERY === 0) setImmediate(() => this.pull());
    else this.pull();
  }

  /** What has come already, as far as nobody has to wait for it. */
  private take(): StreamPart | undefined {
    if (this.ready.length > 0) return this.ready.shift();
    try {
      // no timer could end a stream of parts that have all come and are all empty
      for (let looked = 0; looked < TURN_EVERY && !this.ended && !this.pulling; looked++) {
        const part = this.source?.[TAKE]?.();
        if (part === undefined) return undefined;
        const given = part === ENDED ? this.conclude() : this.judge(part);
        if (given !== undefined) return given;
      }
    } catch (error) {
      this.fail(error);
    }
    return this.ready.shift();
  }

  private hand(part: StreamPart): void {
    this.resolve?.({ done: false, value: part });
    this.stopWaiting();
  }

  private stopWaiting(): void {
    this.resolve = undefined;
    this.reject = undefined;
  }

  /** The first of the parts that are left, now that the provider has come to its end; @throws why that is none */
  private conclude(): StreamPart | undefined {
    if (this.finish === undefined) this.intake.checkEnd(undefined);
    this.complete();
    return this.ready.shift();
  }

  private complete(): void {
    this.ready.push(...this.intake.release(), this.finish as FinishPart);
    this.close();
    // the rest of the body usually follows its end marker at once, and then the connection can be used again
    if (this.call.exchanges > 0) setTimeout(() => this.controller.abort(), TRAILER_MS).unref();
  }

  /** The answer is whole; only its provider does not come to an end. */
  private abandon(): void {
    if (this.ended) return;
    this.complete();
    this.dismiss();
    if (this.resolve !== undefined) this.hand(this.ready.shift() as StreamPart);
  }

  private expire(timer: TimerName): void {
    const contents = this.intake.contents();
    // one turn later, so that an abort or content of the same tick wins
    setImmediate(() => {
      if (this.ended || (timer !== "totalMs" && this.intake.contents() > contents)) return;
      this.fail(timedOut(timer, this.limits[timer]));
    });
  }

  private abort(reason: unknown): void {
    this.ready.length = 0;
    this.end(reason);
  }

  private readonly fail = (thrown: unknown): void => {
    if (this.ended) return;
    const { provider, model, call, intake } = this;
    if (this.finish !== undefined && !(thrown instanceof ChatError && thrown.code === "contract")) {
      this.complete();
      if (this.resolve !== undefined) this.hand(this.ready.shift() as StreamPart);
      return;
    }
    const partial = intake.contents() > 0 ? intake.partial() : undefined;
    this.end(explainFailure(thrown, { provider, model, request: this.#request, call, partial }));
  };

  private end(reason: unknown): void {
    if (this.ended) return;
    this.leave(reason);
    if (this.reject === undefined) this.unclaimed = { reason };
    else this.reject(reason);
    this.stopWaiting();
  }

  private leave(reason: unknown): void {
    this.close();
    this.dismiss(reason);
  }

  private dismiss(reason?: unknown): void {
    this.controller.abort(reason);
    // not awaited: a provider that hangs would never come back
    Promise.resolve(this.source)
      .then((parts) => parts?.return?.())
      .catch(noop);
  }

  private close(): void {
    this.ended = true;
    this.watch?.stop();
    clearTimeout(this.tidy);
    if (this.onAbort !== undefined) this.#request.signal?.removeEventListener("abort", this.onAbort);
  }
}
