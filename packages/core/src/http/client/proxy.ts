import { ChatError } from "../../errors/chat-error.ts";

const SCHEMES = ["http:", "https:", "socks5:"];

/** The proxy for this origin: the setting, else what the environment says; @throws `config` */
export function resolveProxy(
  provider: string,
  origin: URL,
  setting: string | false | undefined,
  environment: NodeJS.ProcessEnv,
): URL | undefined {
  const value = setting ?? environmentProxy(origin, environment);
  if (value === false || value === undefined || value === "") return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !SCHEMES.includes(url.protocol)) {
    // the value is not quoted: it may hold a password
    const where = setting === undefined ? "the proxy of the environment" : "setting `proxy`";
    throw new ChatError("config", `${where} is no URL with one of ${SCHEMES.join(" ")}`, { provider });
  }
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    throw new ChatError("config", "the user or password of the proxy is not URL-encoded", { provider });
  }
  return url;
}

// undici's EnvHttpProxyAgent reads the same variables, but lets nobody close a connection that is being opened
function environmentProxy(origin: URL, environment: NodeJS.ProcessEnv): string | undefined {
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
