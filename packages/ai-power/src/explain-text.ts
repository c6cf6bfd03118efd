import { quote } from "@fallthrough/core/provider";
import type { Failure } from "./failure.ts";

/** What the plugin's own sentences mean; an owner may translate them, then nothing but the structure tells. */
const SENTENCES: readonly (readonly [start: string, meaning: Pick<Failure, "code" | "remedy">])[] = [
  ["The link you followed has expired", { code: "auth", remedy: "page" }],
  ["Nonce verification failed", { code: "auth", remedy: "page" }],
  ["Invalid nonce", { code: "auth", remedy: "page" }],
  ["Security check failed", { code: "auth", remedy: "page" }],
  ["Message not found in cache", { code: "server", remedy: "key" }],
  ["Cached message has expired", { code: "server", remedy: "key" }],
  ["Invalid chatbot specified", { code: "not-found" }],
  ["You have reached your quota", { code: "rate-limit" }],
  ["You have reached your token limit", { code: "rate-limit" }],
  ["Your message contains prohibited words", { code: "content-filter" }],
  ["Sorry, your message could not be sent as it contains prohibited words", { code: "content-filter" }],
  ["You are not allowed to access this feature", { code: "blocked" }],
  ["Access from your IP address has been blocked", { code: "blocked" }],
  ["API key is missing for", { code: "server" }],
];

// the site's own key or its model's server is in trouble, whatever status the plugin hands on
const UPSTREAM_TROUBLE = /^[\w .-]{0,40}API Error \(HTTP \d{3}\):/;

/** The failure that this sentence of the plugin means; `undefined` for one that it does not know. */
export function explainSentence(text: string): Failure | undefined {
  const told = unescapeHtml(text).trim();
  const message = `chat answered ${quote(told)}`;
  if (UPSTREAM_TROUBLE.test(told)) return { code: "server", message };
  const known = SENTENCES.find(([start]) => told.startsWith(start));
  return known && { ...known[1], message };
}

/** The failure that an error text means; one that nobody knows is the site's trouble. */
export function explainText(text: string): Failure {
  return (
    explainSentence(text) ?? { code: "server", message: `chat answered ${quote(unescapeHtml(text).trim())}` }
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#039": "'",
  "#39": "'",
};

/** The text that PHP's `esc_html` was given. */
export function unescapeHtml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#0?39);/g, (_, name: string) => ENTITIES[name] ?? "");
}
