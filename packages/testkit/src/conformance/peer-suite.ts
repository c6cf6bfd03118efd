import type { ChatProvider, ChatRequest } from "@fallthrough/core";
import type { CommonSettings } from "@fallthrough/core/provider";
import type { Declaration } from "./suite.ts";

/**
 * What the other end does once it is asked: it answers whole, goes silent before or in the middle of the answer, ends
 * in the middle, says what is no answer, or is not there at all.
 */
export type PeerBehaviour =
  | "answers"
  | "is silent"
  | "goes silent"
  | "ends early"
  | "talks nonsense"
  | "is away";

/** The other end of a provider that speaks something else than HTTP: a socket server, or a program that it starts. */
export interface Peer {
  /** Makes the provider that talks to this peer. */
  readonly create: (settings?: CommonSettings) => ChatProvider;
  /** What it was asked so far, as texts that hold the questions. */
  readonly asked: readonly string[];
  /** How many connections or processes are open. */
  readonly open: () => number;
  /** Ends it. */
  readonly close: () => Promise<void>;
}

/** What the conformance suite is told of such a provider. */
export interface PeerSuite {
  /** Starts a peer for one case. */
  readonly start: (behaviour: PeerBehaviour) => Promise<Peer>;
  /** The text of its answer. */
  readonly reply: string;
  /** Abilities that are missing: a list, or the reason for each. */
  readonly declare?: Declaration | undefined;
  /** Sent with every question, such as the `model` where the provider has no first one. */
  readonly request?: Partial<ChatRequest> | undefined;
}
