import { nearestName } from "@fallthrough/core/internal";

/** What a gateway answers. */
export interface KnownRoute {
  /** The method. */
  readonly method: string;
  /** The path, with the names of what may vary in it. */
  readonly path: string;
}

/** What other servers answer, each with what to use here. */
const ELSEWHERE: readonly string[] = ["completion", "generate"];
/** A part of a path that may be anything. */
const VARIES = ":";

/** The advice to whoever asks for a path that there is not. */
export function adviseRoute(routes: readonly KnownRoute[], method: string, url: string): string {
  const { pathname } = new URL(url);
  const asked = stemOf(pathname);
  const fixed = routes.filter(({ path }) => !path.includes(VARIES));
  const stems = fixed.map(({ path }) => stemOf(path));
  const near = fixed[stems.indexOf(nearestName(asked, stems) ?? asked)];
  if (near !== undefined) {
    return `${method} on this path is unknown, did you mean ${formatRoute(near)}?`;
  }
  const known = ELSEWHERE.some((stem) => asked.endsWith(stem));
  const advice = known
    ? "this gateway speaks POST /v1/chat/completions"
    : `expected ${fixed.map(formatRoute).join(", ")}`;
  return `${method} on this path is unknown, ${advice}`;
}

function formatRoute({ method, path }: KnownRoute): string {
  return `${method} ${path}`;
}

/** What is left of a path when its version, its slashes and its plurals are gone. */
function stemOf(path: string): string {
  const words = path.toLowerCase().split("/");
  return words
    .filter((word) => word !== "" && word !== "v1" && word !== "openai")
    .map((word) => word.replace(/s$/, ""))
    .join("/");
}
