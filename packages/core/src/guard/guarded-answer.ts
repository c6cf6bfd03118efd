import type { FinishPart } from "../contract/contract.ts";
import type { PartLists } from "../parts/listed-stream.ts";

/** An answer whose first content has come, with the invariants of the contract kept. */
export interface GuardedAnswer extends PartLists {
  /** The silence that was allowed before the first content, in milliseconds; 0 is none. */
  readonly firstChunkMs: number;
  /** The text of all lists so far. */
  text(): string;
  /** The reasoning of all lists so far. */
  reasoning(): string;
  /** Has the end told, at once where it has come already; for the one who reads the answer. */
  whenEnded(listener: (end: CallEnd) => void): void;
}

/** How a call ended: whole, failed, or left by its reader. */
export type CallEnd =
  | {
      /** The last part, where the answer is whole. */
      readonly finish: FinishPart;
    }
  | {
      /** Why the call failed. */
      readonly failure: unknown;
      /** Whether the caller ended it. */
      readonly aborted: boolean;
    }
  | { readonly left: true };
