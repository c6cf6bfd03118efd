import { subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  type AttemptMessage,
  CALL_CHANNELS,
  type CallListener,
  type CallMessage,
  type CallStarted,
  type CommittedMessage,
  type EndedMessage,
} from "@fallthrough/registry";
import { createTelemetry } from "./telemetry.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";

/**
 * Traces every call of every registry and chain of this process, by Node's `diagnostics_channel`: for programs whose
 * registry somebody else makes. Gives what ends that.
 */
export function traceChannels(options: TelemetryOptions = {}): () => void {
  const onCall = createTelemetry(options);
  const open = new WeakMap<CallStarted, CallListener>();
  const listeners: Readonly<Record<string, (message: unknown) => void>> = {
    [CALL_CHANNELS.started](message) {
      const { call } = message as CallMessage;
      const listener = onCall(call);
      if (listener) open.set(call, listener);
    },
    [CALL_CHANNELS.attempt](message) {
      const { call, attempt } = message as AttemptMessage;
      open.get(call)?.attempt?.(attempt);
    },
    [CALL_CHANNELS.committed](message) {
      const { call, committed } = message as CommittedMessage;
      open.get(call)?.committed?.(committed);
    },
    [CALL_CHANNELS.ended](message) {
      const { call, ended } = message as EndedMessage;
      open.get(call)?.ended?.(ended);
    },
  };
  for (const [name, listener] of Object.entries(listeners)) subscribe(name, listener);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) unsubscribe(name, listener);
  };
}
