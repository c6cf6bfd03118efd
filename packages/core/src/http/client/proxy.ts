import { ChatError } from "../../errors/chat-error.ts";
import { isLoopback } from "./endpoint.ts";

const SCHEMES = ["http:", "https:", "socks5:"];
const HOST_AND_PORT = /^(?:[^\s/@]+@)?(?:[^\s/@:[\]]+|\[[\da-f:.]+\]):\d+\/?$/i;
/** https://www.rfc-editor.org/rfc/rfc1929 gives the length one byte. */
const LONGEST_SOCKS_LOGIN = 255;

/** The proxy for this origin: the setting, else what the environment says; @throws `config` */
export function resolveProxy(
  provider: string,
  origin: URL,
  setting: string | false | undefined,
  environment: NodeJS.ProcessEnv,
): URL | undefined {
  const value = setting ?? environmentProxy(origin, environment);
  if (value === false || value === undefined || value === "") return undefined;
  // the values are not quoted: they may hold a password
  const where = setting === undefined ? "the proxy of the environment" : "setting `proxy`";
  const wrong = (problem: string): ChatError => new ChatError("config", `${where} ${problem}`, { provider });
  const url = parseProxyURL(value);
  if (url === undefined) throw wrong(`is no URL, expected one with ${SCHEMES.join(" ")} or socks5h:`);
  if (decodeLogin(url) === undefined) throw wrong("holds a user or password that is not URL-encoded");
  return url;
}

/** Fails a call whose proxy cannot be given its login, as other faults of a proxy fail it; @throws `config` */
export function checkLogin(provider: string, proxy: URL | undefined): void {
  if (proxy?.protocol !== "socks5:") return;
  if (decodeLogin(proxy)?.some((text) => Buffer.byteLength(text) > LONGEST_SOCKS_LOGIN)) {
    const problem = "the proxy has a user or password of more bytes than SOCKS5 allows";
    throw new ChatError("config", `${problem}, expected ${LONGEST_SOCKS_LOGIN}`, { provider });
  }
}

/** Also `host:port`, as other programs take it; with `socks5h:` the proxy resolves names, and it always does here. */
function parseProxyURL(value: string): URL | undefined {
  const written = HOST_AND_PORT.test(value) ? `http://${value}` : value;
  const address = written.replace(/^socks5h:/i, "socks5:");
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url !== undefined && SCHEMES.includes(url.protocol) && url.hostname !== "" ? url : undefined;
}

function decodeLogin({ username, password }: URL): readonly string[] | undefined {
  try {
    return [decodeURIComponent(username), decodeURIComponent(password)];
  } catch {
    return undefined;
  }
}

// undici's EnvHttpProxyAgent reads the same variables, but lets nobody close a connection that is being opened
function environmentProxy(origin: URL, environment: NodeJS.ProcessEnv): string | undefined {
  // nobody means a proxy for this machine's own servers, which it could not even reach
  if (isLoopback(origin.hostname)) return undefined;
  const read = (name: string): string | undefined => environment[name.toLowerCase()] ?? environment[name];
  const exempt = (read("NO_PROXY") ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  const port = origin.port || (origin.protocol === "https:" ? "443" : "80");
  const host = origin.hostname.toLowerCase();
  for (const entry of exempt) {
    if (entry === "*") return undefined;
    const plain = entry.toLowerCase().replace(/^\*?\./, "");
    const isIPv6 = !plain.startsWith("[") && plain.split(":").length > 2;
    const [, name = "", entryPort] = isIPv6
      ? [plain, `[${plain}]`]
      : (/^(.*?)(?::(\d+))?$/.exec(plain) ?? []);
    if (entryPort !== undefined && entryPort !== port) continue;
    if (host === name || host.endsWith(`.${name}`)) return undefined;
  }
  return origin.protocol === "https:" ? (read("HTTPS_PROXY") ?? read("HTTP_PROXY")) : read("HTTP_PROXY");
}
