interface Flight<Value> {
  readonly value: Promise<Value>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Lets concurrent callers share one run of `load`.
 *
 * A caller that aborts leaves alone; the run is aborted when the last one has left. Nothing is kept after its end.
 */
export function share<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
): (signal: AbortSignal | undefined) => Promise<Value> {
  let flight: Flight<Value> | undefined;

  function start(): Flight<Value> {
    const controller = new AbortController();
    const started: Flight<Value> = { value: load(controller.signal).finally(end), controller, waiting: 0 };
    function end(): void {
      if (flight === started) flight = undefined;
    }
    return started;
  }

  return async (signal) => {
    signal?.throwIfAborted();
    flight ??= start();
    const joined = flight;
    joined.waiting++;
    let leave = (): void => {};
    try {
      return await new Promise<Value>((resolve, reject) => {
        joined.value.then(resolve, reject);
        leave = () => reject(signal?.reason);
        signal?.addEventListener("abort", leave, { once: true });
      });
    } finally {
      signal?.removeEventListener("abort", leave);
      joined.waiting--;
      if (joined.waiting === 0) {
        joined.controller.abort();
        if (flight === joined) flight = undefined;
      }
    }
  };
}
