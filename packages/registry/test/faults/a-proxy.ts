import { type FaultScript, httpResponse } from "@fallthrough/testkit";
import type { FaultRow } from "./row.ts";
import { firstRow, socketRow } from "./socket-row.ts";
import { closedPort } from "./unreachable.ts";
import { SECRET, wireProvider } from "./wire-provider.ts";

const READ = { read: "request" } as const;
const PROXY = { row: 8, fault: "proxy", code: "network", follows: "next" } as const;
const REFUSAL: FaultScript = [
  READ,
  { send: httpResponse({ status: 407, headers: { "proxy-authenticate": "Basic" } }) },
  { hold: true },
];

/** Its password is one of the values that nothing may show. */
function proxyAt(port: number, scheme: string = "http"): string {
  return `${scheme}://user:${SECRET}@127.0.0.1:${port}`;
}

/** The first server of the row is the proxy; the site behind it is asked by name. */
function proxyRow(origin: string, sent: string, scripts: readonly FaultScript[], scheme?: string): FaultRow {
  return socketRow({
    ...PROXY,
    sent,
    scripts,
    provider: ({ port }) =>
      wireProvider("first", origin, { proxy: proxyAt(port, scheme), insecureHttp: true }),
  });
}

/** Faults of a proxy whose URL holds a password. */
export const PROXY_ROWS: readonly FaultRow[] = [
  proxyRow("https://first.example", "407 to CONNECT", [REFUSAL]),
  proxyRow("http://first.example", "407 to a plain request", [REFUSAL]),
  proxyRow("https://first.example", "a FIN instead of a tunnel", [[READ, { end: "fin" }]]),
  proxyRow("https://first.example", "a RST instead of a tunnel", [[READ, { end: "rst" }]]),
  proxyRow("https://first.example", "a FIN instead of SOCKS5", [[{ wait: 20 }, { end: "fin" }]], "socks5"),
  proxyRow(
    "https://first.example",
    "no SOCKS5",
    [[{ send: "HTTP/1.1 400 No\r\n\r\n" }, { hold: true }]],
    "socks5",
  ),
  ...["http", "socks5"].map((scheme) =>
    firstRow({ ...PROXY, sent: `nothing listens on the ${scheme} port`, phase: "connect" }, async () => {
      const proxy = proxyAt(await closedPort(), scheme);
      return { provider: wireProvider("first", "https://first.example", { proxy }), close: async () => {} };
    }),
  ),
];
