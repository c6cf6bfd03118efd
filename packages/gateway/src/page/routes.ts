import type { HttpAnswer, HttpRequest } from "../exchange-types.ts";
import type { Application, Serving } from "../serving.ts";

/** By this text the programs of Ollama find out whether a server is here. */
const OLLAMA: HttpAnswer = {
  status: 200,
  headers: { "content-type": "text/plain", vary: "accept" },
  body: "Ollama is running",
};

/** Adds `/`: the page for a browser, and what Ollama says for everybody else. */
export function addPage(application: Application, { serve }: Serving): void {
  application.get(
    "/",
    serve((request) => (acceptsPage(request) ? answerPage() : OLLAMA)),
  );
}

/** Only browsers ask for HTML by name. */
function acceptsPage({ headers }: HttpRequest): boolean {
  return /(?:^|,)\s*text\/html\s*(?:;|,|$)/i.test(headers.get("accept") ?? "");
}

/** The page holds nothing of the gateway, so it needs no token: what it shows, it asks for. */
async function answerPage(): Promise<HttpAnswer> {
  // loaded when somebody looks, because most gateways are asked by programs only
  const { PAGE } = await import("@fallthrough/page");
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": PAGE.contentSecurityPolicy,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "clipboard-write=(self), camera=(), microphone=(), geolocation=()",
    "cache-control": "no-cache",
    vary: "accept",
  };
  return { status: 200, headers, body: PAGE.html };
}
