/** What the gateway answers. */
const ROUTES: readonly string[] = [
  "POST /v1/chat/completions",
  "POST /v1/responses",
  "POST /v1/responses/compact",
  "POST /v1/messages",
  "POST /v1/messages/count_tokens",
  "POST /v1/embeddings",
  "POST /v1/completions",
  "GET /v1/models",
  "POST /api/chat",
  "POST /api/generate",
  "GET /api/tags",
  "POST /api/show",
  "GET /v1/health",
  "DELETE /v1/health",
  "GET /healthz",
  "GET /readyz",
];
/** What other servers answer, each with what to use here. */
const ELSEWHERE: readonly string[] = ["completion", "generate"];

/** The advice to whoever asks for a path that there is not. */
export function adviseRoute(method: string, url: string): string {
  const { pathname } = new URL(url);
  const asked = stemOf(pathname);
  const near = ROUTES.find((route) => stemOf(route.split(" ")[1] ?? "") === asked);
  if (near !== undefined) return `${method} on this path is unknown, did you mean ${near}?`;
  const known = ELSEWHERE.some((stem) => asked.endsWith(stem));
  const advice = known ? "this gateway speaks POST /v1/chat/completions" : `expected ${ROUTES.join(", ")}`;
  return `${method} on this path is unknown, ${advice}`;
}

/** What is left of a path when its version, its slashes and its plurals are gone. */
function stemOf(path: string): string {
  const words = path.toLowerCase().split("/");
  return words
    .filter((word) => word !== "" && word !== "v1" && word !== "openai")
    .map((word) => word.replace(/s$/, ""))
    .join("/");
}
