import { type Channel, channel } from "node:diagnostics_channel";
import type { CallAttempt, CallCommitted, CallEnded, CallListener, CallStarted } from "./call-events.ts";

/**
 * The channels of Node's `diagnostics_channel` that report every call of every registry and chain.
 *
 * Each message holds `call`, the same object in all messages of one call, and the event under its name.
 */
export const CALL_CHANNELS = {
  started: "fallthrough:call:started",
  attempt: "fallthrough:call:attempt",
  committed: "fallthrough:call:committed",
  ended: "fallthrough:call:ended",
} as const;

/** What every message holds. */
export interface CallMessage {
  /** The call; the same object in all its messages. */
  readonly call: CallStarted;
}

/** A message of an attempt. */
export interface AttemptMessage extends CallMessage {
  /** The event. */
  readonly attempt: CallAttempt;
}

/** A message of the first content. */
export interface CommittedMessage extends CallMessage {
  /** The event. */
  readonly committed: CallCommitted;
}

/** A message of the end. */
export interface EndedMessage extends CallMessage {
  /** The event. */
  readonly ended: CallEnded;
}

/** The messages of the channels, by event. */
export interface CallMessages {
  /** A call begins. */
  readonly started: CallMessage;
  /** An attempt of it has ended, or a candidate was passed over. */
  readonly attempt: AttemptMessage;
  /** Somebody answers it. */
  readonly committed: CommittedMessage;
  /** It has ended. */
  readonly ended: EndedMessage;
}

const STARTED = channel(CALL_CHANNELS.started);
const ATTEMPT = channel(CALL_CHANNELS.attempt);
const COMMITTED = channel(CALL_CHANNELS.committed);
const ENDED = channel(CALL_CHANNELS.ended);

/** Whether anybody listens to a channel. */
export function areChannelsHeard(): boolean {
  return STARTED.hasSubscribers || ENDED.hasSubscribers || ATTEMPT.hasSubscribers || COMMITTED.hasSubscribers;
}

/** Tells a call on the channels. */
export function publishCall(call: CallStarted): CallListener {
  const publish = <Event extends keyof CallMessages>(to: Channel, message: CallMessages[Event]): void =>
    to.publish(message);
  publish<"started">(STARTED, { call });
  return {
    attempt: (attempt) => publish<"attempt">(ATTEMPT, { call, attempt }),
    committed: (committed) => publish<"committed">(COMMITTED, { call, committed }),
    ended: (ended) => publish<"ended">(ENDED, { call, ended }),
  };
}
