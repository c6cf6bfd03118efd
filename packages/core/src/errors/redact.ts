/** The longest message, in characters, that an error carries: what was asked, and 300 characters of the server's words. */
const MESSAGE_LIMIT = 480;
/** What comes later cannot reach the message: a whole body in it must not cost more than its start. */
const LOOKED_AT = 4096;
const CAUSE_DEPTH = 5;
/** Stands where a text was redacted. */
export const MASK = "[redacted]";
/** Stands where a text was cut. */
const CUT = "…";
/** A shorter value is too likely to be an ordinary word. */
const SHORTEST_SECRET = 4;

/** What a secret of unknown value looks like; a text without the sign holds no such secret. */
const SECRET_SHAPES: readonly (readonly [sign: string, shape: RegExp, mask: string])[] = [
  ["", /\b(Bearer|Basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${MASK}`],
  ["sk-", /\bsk-[\w-]{8,}/g, MASK],
  ["eyJ", /\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g, MASK],
  ["=", /([?&;][\w.-]*(?:key|token|sig|secret|password|nonce|credential)[\w.-]*=)[^&\s"'`]+/gi, `$1${MASK}`],
  ["@", /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'`]+@/gi, `$1${MASK}@`],
];

function maskShapes(text: string): string {
  return SECRET_SHAPES.reduce(
    (masked, [sign, shape, mask]) => (masked.includes(sign) ? masked.replace(shape, mask) : masked),
    text,
  );
}

/** `text` without anything that looks like a secret, and no longer than an error message may be. */
export function redact(text: string): string {
  const masked = maskShapes(text.slice(0, LOOKED_AT));
  if (masked.length <= MESSAGE_LIMIT) return ownText(masked);
  return ownText(`${masked.slice(0, MESSAGE_LIMIT - 1).replace(/[\uD800-\uDBFF]$/, "")}${CUT}`);
}

/** The same text in memory of its own: a slice keeps the text that it was cut from, which may be a prompt. */
function ownText(text: string): string {
  return JSON.parse(JSON.stringify(text));
}

/** Replaces secrets whose values are known, as they are, URL-encoded and in base64. */
export type Redactor = (text: string) => string;

/** A redactor for these values. */
export function createRedactor(secrets: Iterable<string>): Redactor {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    const bytes = Buffer.from(secret);
    const base64 = bytes.toString("base64");
    forms.add(secret).add(jsonEscaped(secret)).add(base64).add(base64.replace(/=+$/, ""));
    // by way of the bytes, because half a surrogate pair cannot be URL-encoded
    forms.add(bytes.toString("base64url")).add(encodeURIComponent(bytes.toString()));
    forms.add(new URLSearchParams({ "": secret }).toString().slice(1));
  }
  // the longest first, so that a secret inside another one does not leave the rest of it standing
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => {
    const masked = ordered.reduce(maskForm, text);
    const pieces = masked.split(CUT);
    return pieces
      .map((piece, index) => (index === pieces.length - 1 ? piece : maskEnd(piece, ordered)))
      .join(CUT);
  };
}

/** In any case: host names and media types come back in small letters. */
function maskForm(text: string, form: string): string {
  if (!text.toLowerCase().includes(form.toLowerCase())) return text;
  return text.replace(new RegExp(form.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "gi"), MASK);
}

/** A quotation may end inside a secret: what is left of it is its start. */
function maskEnd(text: string, forms: readonly string[]): string {
  const lower = text.toLowerCase();
  const lengths = forms.map((form) => {
    let length = Math.min(form.length, text.length);
    while (length >= SHORTEST_SECRET && !lower.endsWith(form.slice(0, length).toLowerCase())) length--;
    return length;
  });
  const longest = Math.max(0, ...lengths);
  return longest < SHORTEST_SECRET ? text : text.slice(0, -longest) + MASK;
}

/** As it is written between the quotation marks of a JSON text. */
function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The copies that were made: layers of one call look at the same causes again. */
const COPIES = new WeakSet<Error>();

/**
 * A redacted copy of an error's cause and of the causes behind it; a copy with nothing more to redact is its own.
 *
 * Never throws, whatever the cause is.
 */
export function redactedCause(
  cause: unknown,
  redactor: Redactor = (text) => text,
  depth: number = CAUSE_DEPTH,
): unknown {
  if (depth === 0) return undefined;
  try {
    if (!(cause instanceof Error)) return redact(redactor(lookedAt(String(cause))));
    if (COPIES.has(cause) && isClean(cause, redactor)) return cause;
    const copy = withoutStack(() => new Error(redact(redactor(lookedAt(String(cause.message))))));
    COPIES.add(copy);
    copy.name = redact(redactor(lookedAt(String(cause.name))));
    takeFrames(copy, cause);
    if ("code" in cause && typeof cause.code === "string") Object.assign(copy, { code: redact(cause.code) });
    if (cause.cause !== undefined) copy.cause = redactedCause(cause.cause, redactor, depth - 1);
    return copy;
  } catch {
    // a getter or a trap that throws
    return "a cause that cannot be read";
  }
}

/** What can reach the message of an error. */
function lookedAt(text: string): string {
  return cut(text, LOOKED_AT);
}

function isClean(copy: Error, redactor: Redactor): boolean {
  if (redactor(copy.message) !== copy.message) return false;
  if (copy.cause instanceof Error) return isClean(copy.cause, redactor);
  return copy.cause === undefined || redactor(String(copy.cause)) === copy.cause;
}

/** Makes an error whose stack is another's: taking one is most of what an error costs. */
export function withoutStack<Value extends Error>(create: () => Value): Value {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return create();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * Gives `copy` the stack of `original`; the head of one repeats the message, so only the frames are taken over.
 *
 * At once and as text: a stack that nobody has read keeps whatever its functions were called with, and so the prompt.
 */
export function takeFrames(copy: Error, original: Error): void {
  const { stack } = original;
  const frames = typeof stack === "string" ? (/\n {4}at [\s\S]*$/.exec(stack)?.[0] ?? "") : "";
  settleStack(copy, `${copy.name}: ${copy.message}${frames}`);
}

/** Makes a stack text, by default the one that the error has: one that nobody has read keeps the prompt, too. */
export function settleStack(error: Error, stack: string | undefined = error.stack): void {
  Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
}

/** Foreign text as an error message quotes it: in quotation marks, and cut at 80 characters or as many as are given. */
export function quote(text: string, length: number = 80): string {
  return JSON.stringify(cut(text, length));
}

/** The start of a text, with a sign where it was cut: without it no redactor knows a secret that was cut. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length - 1) + CUT;
}
