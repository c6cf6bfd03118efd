import type { ProviderSettings } from "../../contract/settings.ts";
import { ChatError } from "../../errors/chat-error.ts";
import { quote } from "../../errors/redact.ts";

/** The base URL of an instance, checked, without a trailing slash; @throws `config` */
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
  if (url.search !== "" || url.hash !== "")
    throw invalid("holds a query or fragment", "an origin and a path");
  if (url.protocol === "http:" && !isLoopback(url.hostname) && settings.insecureHttp !== true) {
    throw invalid(`is plain http to ${quote(url.host)}`, "https, or the setting `insecureHttp: true`");
  }
  return url;
}

/** Whether this host name or address can only mean this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[?::1\]?)$/i.test(hostname);
}

/** Headers with lower-case names; the later over the earlier; @throws `config` for a value that could end its line */
export function mergeHeaders(
  provider: string,
  ...layers: readonly (Readonly<Record<string, string>> | undefined)[]
): Record<string, string> {
  const merged: Record<string, string> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer ?? {})) {
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[\r\n\0]/.test(value)) {
        const problem = "holds a line break, a NUL or a character that no header may have";
        throw new ChatError("config", `header ${quote(name)} ${problem}`, { provider });
      }
      merged[name.toLowerCase()] = value;
    }
  }
  return merged;
}
