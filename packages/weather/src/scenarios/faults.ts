import type { Behaviour } from "../engine/behaviour.ts";

/** Nobody listens on the port. */
export const REFUSED: Behaviour = {
  kind: "failure",
  afterMs: 5,
  code: "network",
  systemCode: "ECONNREFUSED",
};
/** The server says that it has failed. */
export const BROKEN: Behaviour = { kind: "failure", afterMs: 200, code: "server", status: 500 };
/** The server takes the prompt and sends nothing. */
export const SILENT: Behaviour = { kind: "silence" };
/** The server does not take the key. */
export const KEY_REFUSED: Behaviour = { kind: "failure", afterMs: 80, code: "auth", status: 401 };
/** A refused key is no outage: somebody has to mend it, so it is asked again each five minutes. */
export const WITHIN_AFTER_REFUSAL_SECONDS = 360;
/** The server does not know the model. */
export const MODEL_UNKNOWN: Behaviour = { kind: "failure", afterMs: 80, code: "not-found", status: 404 };
/** This machine has no file descriptor left. */
export const NO_DESCRIPTOR: Behaviour = {
  kind: "failure",
  afterMs: 1,
  code: "network",
  systemCode: "EMFILE",
};
/** This machine has no network. */
export const OFFLINE: Behaviour = { kind: "failure", afterMs: 1, code: "network", systemCode: "ENOTFOUND" };

/** The server is overloaded and says how long to stay away. */
export function overloaded(retryAfterMs: number): Behaviour {
  return { kind: "failure", afterMs: 80, code: "server", status: 529, retryAfterMs };
}
