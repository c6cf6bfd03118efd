/** Names of headers whose values may open a session or identify somebody; `tokens` of a limit do neither. */
const SECRET = /cookie|auth|secret|credential|session|password|(?:^|-)key\b|\btoken\b/;

/** The headers of an answer that may be shown and kept. */
export function visibleHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SECRET.test(name)));
}
