/** What the upstream answers; it travels in the path of the base URL, so one server plays them all. */
export interface Answer {
  readonly kind: "openai" | "fakegpt" | "json" | "status" | "block-page" | "stall";
  /** Text-carrying events of a stream. @default 10 */
  readonly events?: number | undefined;
  /** Characters of text per event, or of the whole text of a JSON answer. @default 20 */
  readonly size?: number | undefined;
  /** What the text and the frames around it are like. @default "plain" */
  readonly text?: TextKind | undefined;
  /** How the bytes of a stream are cut into writes. @default "sixteen" */
  readonly writes?: Writes | undefined;
  /** Milliseconds before the first byte. @default 0 */
  readonly delayMs?: number | undefined;
  /** Of the kind `status`. @default 500 */
  readonly status?: number | undefined;
}

/**
 * `plain` text is ASCII without escapes; `escaped` has quotes, line breaks and letters beyond ASCII; `obfuscated`
 * is plain with a random field in every frame, as OpenAI pads its events.
 */
export type TextKind = "plain" | "escaped" | "obfuscated";

/** One event per write, sixteen, all in one, or cuts at random bytes. */
export type Writes = "one" | "sixteen" | "all" | "random";

/** The base URL under which the upstream gives this answer. */
export function formatBaseURL(origin: string, answer: Answer, path = "/v1"): string {
  return `${origin}/${Buffer.from(JSON.stringify(answer)).toString("base64url")}${path}`;
}

/** The answer that the path of a request names. */
export function parseAnswer(path: string): Answer {
  const [, segment = ""] = path.split("/");
  return JSON.parse(Buffer.from(segment, "base64url").toString("utf8"));
}
