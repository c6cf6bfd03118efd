/** The longest message, in characters, that an error carries. */
const MESSAGE_LIMIT = 240;
/** What comes later cannot reach the message: a whole body in it must not cost more than its start. */
const LOOKED_AT = 4096;
const CAUSE_DEPTH = 5;
const MASK = "[redacted]";
/** Stands where a text was cut. */
const CUT = "…";
/** A shorter value is too likely to be an ordinary word. */
const SHORTEST_SECRET = 4;
/** A shared run of this many characters is taken for a quotation of the prompt. */
const QUOTATION = 16;
const SHORTEST_QUOTATION = 8;

/** What a secret looks like when nobody told us its value; a text without the sign has none of the shape. */
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
  if (masked.length <= MESSAGE_LIMIT) return masked;
  return `${masked.slice(0, MESSAGE_LIMIT - 1).replace(/[\uD800-\uDBFF]$/, "")}${CUT}`;
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

/** A redactor for the texts of a conversation: an upstream may quote the prompt back in its error. */
export function createPromptRedactor(prompts: readonly string[]): Redactor {
  return (text) => {
    const quoted = new Uint8Array(text.length);
    let any = false;
    for (const prompt of new Set(prompts.flatMap((prompt) => [prompt, jsonEscaped(prompt)]))) {
      const run = Math.min(QUOTATION, prompt.length);
      if (run < SHORTEST_QUOTATION || !mayQuote(text, prompt, run)) continue;
      for (let start = 0; start + run <= text.length; start++) {
        if (!prompt.includes(text.slice(start, start + run))) continue;
        quoted.fill(1, start, start + run);
        any = true;
      }
    }
    if (!any) return text;
    let masked = "";
    for (let index = 0; index < text.length; index++) {
      if (!quoted[index]) masked += text[index];
      else if (index === 0 || !quoted[index - 1]) masked += MASK;
    }
    return masked;
  };
}

/** Whether a run of this length may be in both: it would hold a whole block of half its length. */
function mayQuote(text: string, prompt: string, run: number): boolean {
  const block = Math.ceil(run / 2);
  for (let start = 0; start + block <= text.length; start += block) {
    if (prompt.includes(text.slice(start, start + block))) return true;
  }
  return false;
}

/** As it stands between the quotation marks of a JSON text. */
function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The copies that were made: layers of one call look at the same causes again. */
const COPIES = new WeakSet<Error>();

/** A redacted copy of an error's cause and of the causes behind it; a copy with nothing more to redact is its own. */
export function redactedCause(
  cause: unknown,
  redactor: Redactor = (text) => text,
  depth: number = CAUSE_DEPTH,
): unknown {
  if (depth === 0) return undefined;
  if (!(cause instanceof Error)) return redact(redactor(String(cause)));
  if (COPIES.has(cause) && isClean(cause, redactor)) return cause;
  const copy = withoutStack(() => new Error(redact(redactor(cause.message))));
  COPIES.add(copy);
  copy.name = cause.name;
  takeFrames(copy, cause);
  if ("code" in cause && typeof cause.code === "string") Object.assign(copy, { code: cause.code });
  if (cause.cause !== undefined) copy.cause = redactedCause(cause.cause, redactor, depth - 1);
  return copy;
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
 * When somebody reads it: a chain makes an error for each candidate that fails, and writing a stack out costs more
 * than all the rest of one.
 */
export function takeFrames(copy: Error, original: Error): void {
  const head = `${copy.name}: ${copy.message}`;
  const define = (stack: string): void => {
    Object.defineProperty(copy, "stack", { value: stack, writable: true, configurable: true });
  };
  Object.defineProperty(copy, "stack", {
    configurable: true,
    get() {
      define(head + (/\n {4}at [\s\S]*$/.exec(original.stack ?? "")?.[0] ?? ""));
      return copy.stack;
    },
    set: define,
  });
}

/** Foreign text as an error message quotes it: in quotation marks and cut at 80 characters. */
export function quote(text: string): string {
  return JSON.stringify(cut(text, 80));
}

/** The start of a text, with a sign where it was cut: without it no redactor knows a secret that was cut. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length - 1) + CUT;
}
