import { setMaxListeners } from "node:events";
import { type Call, callOf, openCall } from "./call.ts";
import { instanceSettings } from "./card.ts";
import type { ChatProvider, ChatRequest, FinishPart, StreamPart } from "./contract.ts";
import { DEFAULT_LIMITS, TIDY_MS, TRAILER_MS } from "./defaults.ts";
import { ChatError } from "./errors.ts";
import { explainFailure } from "./failure.ts";
import { type GuardOptions, SELF_GUARDED, type SelfGuarded } from "./guard-options.ts";
import { createIntake } from "./intake.ts";
import { createPartIterator } from "./iterator.ts";
import { quote } from "./redact.ts";
import { deniedCapability, findModel, requiredCapabilities, selectModel } from "./requirements.ts";
import { END, ENDED, type GuardedParts, type PartIterator, TAKE } from "./take.ts";
import { timedOut } from "./timed-out.ts";
import { capTimeout, createWatch, resolveTimeouts, type TimerName, type Watch } from "./watch.ts";

/** After so many parts in a row without content the event loop gets a turn: else no timer could end the call. */
const TURN_EVERY = 256;
const noop = (): void => {};

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

  const { caps } = options;
  const instance = instanceSettings(provider);
  const resolved = resolveTimeouts(options.timeouts, instance.timeouts, request.timeouts);
  const timeouts = {
    ...resolved,
    firstChunkMs: capTimeout(resolved.firstChunkMs, caps?.firstChunkMs),
    totalMs: capTimeout(resolved.totalMs, caps?.totalMs),
  };
  const { signal } = request;
  let { model } = request;
  const limits = { ...timeouts, commitMs: caps?.commitMs ?? 0 };
  const intake = createIntake(
    instance.limits?.streamBytes ?? DEFAULT_LIMITS.streamBytes,
    options.reasoningOnly ?? false,
  );
  const controller = new AbortController();
  const call: Call = {
    phase: "connect",
    exchanges: 0,
    connectMs: timeouts.connectMs,
    route: options.route ?? callOf(signal)?.route ?? { attempts: [] },
  };
  openCall(controller.signal, call);

  let source: PartIterator | undefined;
  /** The provider was asked for a part that has not come. */
  let pulling = false;
  let watch: Watch | undefined;
  let finish: FinishPart | undefined;
  let tidy: NodeJS.Timeout | undefined;
  let ended = false;
  let fruitless = 0;
  const ready: StreamPart[] = [];
  let pending: Pending | undefined;
  /** The end of the call, when nobody was waiting for it. */
  let unclaimed: { readonly reason: unknown } | undefined;

  function start(): void {
    if (signal?.aborted) {
      end(signal.reason);
      return;
    }
    if (signal !== undefined) {
      // one signal may end all calls of a server, which is no leak
      setMaxListeners(0, signal);
      signal.addEventListener("abort", onAbort);
    }
    watch = createWatch(limits, onTimer);
    try {
      const selected = selectModel(provider, model);
      model = selected.model;
      if (selected.warning !== undefined) {
        intake.take({ type: "warning", code: "adjusted", message: selected.warning });
      }
      const denied = deniedCapability(findModel(provider, model), requiredCapabilities(request));
      if (denied !== undefined) {
        throw new ChatError("unsupported", `model ${quote(model ?? "")} does not do ${denied}`);
      }
      const parts = provider.stream({ ...request, model, timeouts, signal: controller.signal });
      source = parts?.[Symbol.asyncIterator]?.();
      if (source === undefined) {
        throw new ChatError("contract", "stream() gave no async iterable");
      }
      if (ended) dismiss();
      else pull();
    } catch (error) {
      fail(error);
    }
  }

  function pull(): void {
    pulling = true;
    try {
      (source as PartIterator).next().then(receive, fail);
    } catch (error) {
      fail(error);
    }
  }

  function receive(result: IteratorResult<StreamPart>): void {
    pulling = false;
    if (ended) return;
    try {
      const given = result.done ? conclude() : judge(result.value);
      if (given !== undefined) hand(given);
      else if (!ended) pullAgain();
    } catch (error) {
      fail(error);
    }
  }

  /** What is to be handed on for this part now, if anything; @throws what is wrong with it */
  function judge(part: StreamPart): StreamPart | undefined {
    if (typeof part !== "object" || part === null) {
      throw new ChatError("contract", `stream() gave ${quote(String(part))}, expected a stream part`);
    }
    if (finish !== undefined) {
      throw new ChatError("contract", "stream() gave a part after `finish`, expected it to be the last");
    }
    if (part.type === "finish") {
      intake.checkEnd(part);
      finish = part;
      return seeEnd();
    }
    const contents = intake.contents();
    const given = intake.take(part);
    if (given === undefined) {
      fruitless++;
      return undefined;
    }
    fruitless = 0;
    watch?.received(intake.contents() > contents);
    const held = intake.release();
    if (held.length === 0) return given;
    ready.push(...held, given);
    return ready.shift();
  }

  /** After `finish` there is only the end; what is waiting for it may not wait for long. */
  function seeEnd(): StreamPart | undefined {
    const next = source?.[TAKE]?.();
    if (next !== undefined) return next === ENDED ? conclude() : judge(next);
    tidy = setTimeout(abandon, TIDY_MS);
    return undefined;
  }

  function pullAgain(): void {
    if (fruitless > 0 && fruitless % TURN_EVERY === 0) setImmediate(pull);
    else pull();
  }

  /** What has come already, as far as nobody has to wait for it. */
  function take(): StreamPart | undefined {
    if (ready.length > 0) return ready.shift();
    try {
      // no timer could end a stream of parts that have all come and are all empty
      for (let looked = 0; looked < TURN_EVERY && !ended && !pulling; looked++) {
        const part = source?.[TAKE]?.();
        if (part === undefined) return undefined;
        const given = part === ENDED ? conclude() : judge(part);
        if (given !== undefined) return given;
      }
    } catch (error) {
      fail(error);
    }
    return ready.shift();
  }

  function hand(part: StreamPart): void {
    pending?.resolve({ done: false, value: part });
    pending = undefined;
  }

  /** The first of the parts that are left, now that the provider has come to its end; @throws why that is none */
  function conclude(): StreamPart | undefined {
    if (finish === undefined) intake.checkEnd(undefined);
    complete();
    return ready.shift();
  }

  function complete(): void {
    ready.push(...intake.release(), finish as FinishPart);
    close();
    // the rest of the body usually follows its end marker at once, and then the connection can be used again
    if (call.exchanges > 0) setTimeout(() => controller.abort(), TRAILER_MS).unref();
  }

  /** The answer is whole; only its provider does not come to an end. */
  function abandon(): void {
    if (ended) return;
    complete();
    dismiss();
    if (pending !== undefined) hand(ready.shift() as StreamPart);
  }

  function onTimer(timer: TimerName): void {
    const contents = intake.contents();
    // one turn later, so that an abort or content of the same tick wins
    setImmediate(() => {
      if (ended || (timer !== "totalMs" && intake.contents() > contents)) return;
      fail(timedOut(timer, limits[timer]));
    });
  }

  function onAbort(): void {
    ready.length = 0;
    end(signal?.reason);
  }

  function fail(thrown: unknown): void {
    if (ended) return;
    if (finish !== undefined && !(thrown instanceof ChatError && thrown.code === "contract")) {
      complete();
      if (pending !== undefined) hand(ready.shift() as StreamPart);
      return;
    }
    const partial = intake.contents() > 0 ? intake.partial() : undefined;
    end(explainFailure(thrown, { provider, model, request, call, partial }));
  }

  function end(reason: unknown): void {
    if (ended) return;
    leave(reason);
    if (pending === undefined) unclaimed = { reason };
    else pending.reject(reason);
    pending = undefined;
  }

  function leave(reason: unknown): void {
    close();
    dismiss(reason);
  }

  function dismiss(reason?: unknown): void {
    controller.abort(reason);
    // not awaited: a provider that hangs would never come back
    Promise.resolve(source)
      .then((parts) => parts?.return?.())
      .catch(noop);
  }

  function close(): void {
    ended = true;
    watch?.stop();
    clearTimeout(tidy);
    signal?.removeEventListener("abort", onAbort);
  }

  return createPartIterator({
    take: () => (pending === undefined ? take() : undefined),
    next() {
      if (pending !== undefined) {
        return Promise.reject(
          new ChatError("config", "the stream is read twice at once, expected one reader"),
        );
      }
      const taken = take();
      if (taken !== undefined) return Promise.resolve({ done: false, value: taken });
      if (unclaimed !== undefined) {
        const { reason } = unclaimed;
        unclaimed = undefined;
        return Promise.reject(reason);
      }
      if (ended) return Promise.resolve(END);
      const waiting = new Promise<IteratorResult<StreamPart, undefined>>((resolve, reject) => {
        pending = { resolve, reject };
      });
      if (source === undefined) start();
      else {
        watch?.waiting();
        if (!pulling) pull();
      }
      return waiting;
    },
    return() {
      ready.length = 0;
      unclaimed = undefined;
      if (!ended) leave(new DOMException("the consumer left the stream", "AbortError"));
      pending?.resolve(END);
      pending = undefined;
      return Promise.resolve(END);
    },
  });
}

interface Pending {
  resolve(result: IteratorResult<StreamPart, undefined>): void;
  reject(reason: unknown): void;
}
