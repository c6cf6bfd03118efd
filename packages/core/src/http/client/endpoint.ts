import type { ProviderSettings } from "../../contract/settings.ts";
import { ChatError } from "../../errors/chat-error.ts";
import { quote } from "../../errors/redact.ts";

/** The one field of a query that belongs to a server and not to a request: Azure's older paths want it. */
const VERSION_FIELD = "api-version";

/** The base URL of an instance, checked; @throws `config` */
export function parseBaseURL(provider: string, value: string, settings: ProviderSettings): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const invalid = (problem: string, expected: string): ChatError =>
    new ChatError("config", `setting \`baseURL\` ${problem}, expected ${expected}`, { provider });
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw invalid(`is ${quote(value)}`, "an http or https URL");
  }
  if (url.username !== "" || url.password !== "") {
    throw invalid("holds a user name or password", "credentials in the `headers` setting");
  }
  if (url.hash !== "" || [...url.searchParams.keys()].some((name) => name !== VERSION_FIELD))
    throw invalid("holds a query or fragment", `an origin and a path, and no field but \`${VERSION_FIELD}\``);
  if (url.protocol === "http:" && !isLoopback(url.hostname) && settings.insecureHttp !== true) {
    throw invalid(`is plain http to ${quote(url.host)}`, "https, or the setting `insecureHttp: true`");
  }
  return url;
}

/** By pattern, because Node's own lists of addresses bring all that opens connections with them. */
const LOOPBACK =
  /^(?:(?:.+\.)?localhost|(?:::ffff:)?127(?:\.\d{1,3}){3}|::ffff:7f[\da-f]{2}:[\da-f]{1,4}|::1)$/i;

/** Whether this host name or address, with or without brackets, can only mean this machine. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname.replace(/^\[|\]$|\.$/g, ""));
}

/** The addresses and names that are used inside one house, one company or one machine: RFC 1918, 4193, 6598, 6762, 8375. */
const PRIVATE =
  /^(?:::ffff:)?(?:10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)[\d.]+$|^f[cd][\da-f]{2}:|^fe[89ab][\da-f]:|\.(?:local|lan|internal|home\.arpa)$|^[a-z\d_-]+$/i;

/** Whether this host is this machine, or one of a private network. */
export function isNearby(hostname: string): boolean {
  return isLoopback(hostname) || PRIVATE.test(hostname.replace(/^\[|\]$|\.$/g, ""));
}

/** The characters that the name of a header or of a cookie may have. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/** The characters that the value of a header may have: HTTP allows no others. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const COOKIE_VALUE = /^[\t\x20-\x3a\x3c-\x7e\x80-\xff]*$/;
/** They say how a connection is used, which nobody but the client can tell. */
const OF_THE_CONNECTION: readonly string[] = [
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
];

/** Whether HTTP can carry this text as the value of a header. */
export function isFieldValue(text: string): boolean {
  return FIELD_VALUE.test(text);
}

/** Headers with lower-case names, the later over the earlier; @throws `config` that names a header that HTTP cannot carry */
export function mergeHeaders(
  provider: string,
  ...layers: readonly (Readonly<Record<string, string | undefined>> | undefined)[]
): Record<string, string> {
  const merged: Record<string, string> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer ?? {})) {
      if (value === undefined) continue;
      const key = name.toLowerCase();
      const wrong = (problem: string, expected: string): ChatError =>
        new ChatError("config", `header ${quote(name)} ${problem}, expected ${expected}`, { provider });
      if (!TOKEN.test(name)) throw wrong("has a name that HTTP cannot carry", "letters, digits and hyphens");
      if (OF_THE_CONNECTION.includes(key)) throw wrong("belongs to the connection", "none of that name");
      if (!isFieldValue(value)) {
        throw wrong("holds a character that HTTP cannot carry", "Latin letters without line breaks");
      }
      merged[key] = value;
    }
  }
  return merged;
}

/** The cookies of the settings; @throws `config` that names a cookie that HTTP cannot carry */
export function parseCookies(
  provider: string,
  cookies: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(cookies)) {
    if (TOKEN.test(name) && COOKIE_VALUE.test(value)) continue;
    const problem = "holds a character that HTTP cannot carry, expected its value as a browser shows it";
    throw new ChatError("config", `cookie ${quote(name)} ${problem}`, { provider });
  }
  return cookies;
}
