import type { ChatError } from "@fallthrough/core";
import { isLoopback } from "@fallthrough/core/internal";

/** What the system reports when the fault may lie on this side of the connection. */
const LOCAL_FAULTS: readonly unknown[] = ["ENOTFOUND", "EAI_AGAIN", "ENETUNREACH"];
/** What the system reports when this machine has nothing left to connect with, or may not. */
const MACHINE_FAULTS: readonly unknown[] = [
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EADDRNOTAVAIL",
  "EACCES",
  "EPERM",
];
const CAUSE_DEPTH = 5;

/** Whether this failure says no more than that a name or network could not be reached from here. */
export function isLocalFault(error: ChatError): boolean {
  return (error.code === "offline" || isNetwork(error, LOCAL_FAULTS)) && !isHere(error);
}

/** Whether this machine could not make a connection, whoever was to be asked. */
export function isMachineFault(error: ChatError): boolean {
  return isNetwork(error, MACHINE_FAULTS);
}

function isNetwork({ code, cause }: ChatError, causes: readonly unknown[]): boolean {
  if (code !== "network") return false;
  let inner = cause;
  for (let depth = 0; depth < CAUSE_DEPTH && inner instanceof Error; depth++) {
    if ("code" in inner && causes.includes(inner.code)) return true;
    inner = inner.cause;
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
