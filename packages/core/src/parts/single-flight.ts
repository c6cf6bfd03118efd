import { type Call, callOf, openCall } from "../guard/call-context.ts";

interface Run<Value> {
  readonly value: Promise<Value>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Lets concurrent callers share one run of `task`.
 *
 * A caller that aborts leaves alone; the run is aborted when the last one has left. Nothing is kept after its end.
 */
export function singleFlight<Value>(
  task: (signal: AbortSignal) => Promise<Value>,
): (signal: AbortSignal | undefined) => Promise<Value> {
  let current: Run<Value> | undefined;

  function start(call: Call | undefined): Run<Value> {
    const controller = new AbortController();
    // the run keeps the timers of the call that began it
    if (call !== undefined) openCall(controller.signal, call);
    const run: Run<Value> = {
      value: task(controller.signal).finally(() => forget(run)),
      controller,
      waiting: 0,
    };
    return run;
  }

  function forget(run: Run<Value>): void {
    if (current === run) current = undefined;
  }

  return async (signal) => {
    signal?.throwIfAborted();
    current ??= start(callOf(signal));
    const run = current;
    run.waiting++;
    let leave = (): void => {};
    try {
      return await new Promise<Value>((resolve, reject) => {
        leave = () => reject(signal?.reason);
        signal?.addEventListener("abort", leave, { once: true });
        run.value.then(resolve, reject);
      });
    } finally {
      signal?.removeEventListener("abort", leave);
      run.waiting--;
      if (run.waiting === 0) {
        forget(run);
        run.controller.abort();
      }
    }
  };
}
