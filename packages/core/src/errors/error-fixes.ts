import type { ChatErrorCode } from "./error-codes.ts";

/** The page of the site that explains the errors, with a heading for each code. */
const ERRORS_PAGE = "https://fallthrough-js.github.io/fallthrough/errors";

/** What a person can do about a failure of each code, unless the thrower knows better. */
const CODE_FIXES: Readonly<Record<ChatErrorCode, string>> = {
  offline: "Connect this machine to the network, or ask a server on it.",
  network: "Check its address, the proxy and the connection.",
  tls: "Check its certificate and this machine's clock.",
  timeout: "Try later, or raise `timeouts`.",
  deadline: "Raise `timeouts.totalMs` or `timeouts.commitMs`, or ask for a shorter answer.",
  "rate-limit": "Try later, or add another provider or key.",
  auth: "Check its key or login.",
  payment: "Check its credit.",
  blocked: "The site turns this network away; try later, or through a `proxy`.",
  abuse: "The site refuses this caller; use another provider.",
  "not-found": "Ask for another model.",
  unsupported: "Ask without it, or use another provider.",
  "context-length": "Send less, or use a model with a larger window.",
  "content-filter": "Change what the request says, or ask another model by its name.",
  "bad-request": "Change the request.",
  server: "Try later.",
  protocol: "Update the provider's package, the site has changed.",
  empty: "Try again, or use another model.",
  interrupted: "Try again.",
  limit: "Ask for a shorter answer, or raise `limits`.",
  contract: "Report it to the author of the provider's package.",
  config: "Correct the setting or the name in the message.",
};

/** What a person can do about a failure of this code; a provider of a later minor release may have one that is not listed. */
export function fixOf(code: ChatErrorCode): string {
  return CODE_FIXES[code] ?? CODE_FIXES.server;
}

/** The address that explains a code. */
export function helpOf(code: ChatErrorCode): string {
  return Object.hasOwn(CODE_FIXES, code) ? `${ERRORS_PAGE}#${code}` : ERRORS_PAGE;
}
