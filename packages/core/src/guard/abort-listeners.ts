/** Who listens to one signal. */
interface Listening {
  readonly listeners: (() => void)[];
  readonly tell: () => void;
}

const listening = new WeakMap<AbortSignal, Listening>();

/**
 * Calls the listener once the signal aborts.
 *
 * A signal has one listener of ours, however many calls it may end: Node.js warns of more than a few, and what it
 * takes to prevent that changes the caller's object and refuses a signal that is not its own.
 */
export function listenToAbort(signal: AbortSignal, listener: () => void): void {
  const known = listening.get(signal);
  if (known !== undefined) {
    known.listeners.push(listener);
    return;
  }
  const listeners = [listener];
  const tell = (): void => {
    for (const each of listeners.splice(0)) each();
  };
  signal.addEventListener("abort", tell);
  listening.set(signal, { listeners, tell });
}

/** Takes the listener off again, and ours off the signal once it is the last. */
export function ignoreAbort(signal: AbortSignal, listener: () => void): void {
  const known = listening.get(signal);
  if (known === undefined) return;
  const { listeners, tell } = known;
  const index = listeners.indexOf(listener);
  if (index === -1) return;
  const last = listeners.pop() as () => void;
  if (index < listeners.length) listeners[index] = last;
  if (listeners.length > 0) return;
  listening.delete(signal);
  signal.removeEventListener("abort", tell);
}

/** Why the signal aborted; older ones that are not Node's own do not say. */
export function abortReason(signal: AbortSignal): unknown {
  return signal.reason === undefined
    ? new DOMException("This operation was aborted", "AbortError")
    : signal.reason;
}
