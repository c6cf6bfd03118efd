import type { ChatError } from "@fallthrough/core";
import { isLoopback } from "@fallthrough/core/internal";

/** What the system reports when the fault may lie on this side of the connection. */
const LOCAL_FAULTS: readonly unknown[] = ["ENOTFOUND", "EAI_AGAIN", "ENETUNREACH"];
const CAUSE_DEPTH = 5;

/** Whether this failure says no more than that a name or network could not be reached from here. */
export function isLocalFault(error: ChatError): boolean {
  return (error.code === "offline" || (error.code === "network" && hasLocalCause(error))) && !isHere(error);
}

function hasLocalCause(error: ChatError): boolean {
  let { cause } = error;
  for (let depth = 0; depth < CAUSE_DEPTH && cause instanceof Error; depth++) {
    if ("code" in cause && LOCAL_FAULTS.includes(cause.code)) return true;
    cause = cause.cause;
  }
  return false;
}

/** Whether every failure of a server elsewhere was a local fault, and there was one. */
export function isOffline(errors: readonly ChatError[]): boolean {
  return errors.some(isLocalFault) && errors.every((error) => isHere(error) || isLocalFault(error));
}

function isHere({ origin }: ChatError): boolean {
  return origin !== undefined && URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}
