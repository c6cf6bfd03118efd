import type { StatusCandidate } from "./gateway.ts";

/** Which of several keys: its place in the list, and the mark by which two processes are compared. */
export function Key({ of: { position, mark } }: { readonly of: NonNullable<StatusCandidate["key"]> }) {
  return (
    <span class="note key" title={`mark ${mark}`}>
      key {position}
    </span>
  );
}
