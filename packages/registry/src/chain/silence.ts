import type { ChainTimeouts } from "@fallthrough/core";
import { DEFAULT_TIMEOUTS } from "@fallthrough/core";
import { NEARBY_TIMEOUTS } from "@fallthrough/core/internal";
import type { Planned } from "./candidate.ts";

/** The longest silence before the first content that a call to this candidate accepts, in milliseconds. */
export function longestSilence(
  { firstChunkMs, nearby }: Pick<Planned, "firstChunkMs" | "nearby">,
  request: ChainTimeouts | undefined,
  chain: ChainTimeouts | undefined,
): number {
  const usual = nearby ? NEARBY_TIMEOUTS : DEFAULT_TIMEOUTS;
  return request?.firstChunkMs ?? firstChunkMs ?? chain?.firstChunkMs ?? usual.firstChunkMs;
}

/** Whether this candidate takes longer than others by nature: a cold model nearby, or a server that is known to. */
export function isSlow({ firstChunkMs = 0, nearby }: Pick<Planned, "firstChunkMs" | "nearby">): boolean {
  return nearby || firstChunkMs > DEFAULT_TIMEOUTS.firstChunkMs;
}
