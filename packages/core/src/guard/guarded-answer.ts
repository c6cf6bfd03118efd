import type { FinishPart } from "../contract/contract.ts";
import type { PartLists } from "../parts/listed-stream.ts";

/** An answer whose first content has come, with the invariants of the contract kept. */
export interface GuardedAnswer extends PartLists {
  /** The silence that was allowed before the first content, in milliseconds; 0 for no limit. */
  readonly firstChunkMs: number;
  /** The text of all lists so far. */
  text(): string;
  /** The reasoning of all lists so far. */
  reasoning(): string;
  /** Reports the end to the reader of the answer, at once if the end has come already. */
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
