/** The longest message, in characters, that an error carries. */
const MESSAGE_LIMIT = 240;
const CAUSE_DEPTH = 5;
const MASK = "[redacted]";
/** A shorter value is too likely to be an ordinary word. */
const SHORTEST_SECRET = 4;
/** A shared run of this many characters is taken for a quotation of the prompt. */
const QUOTATION = 16;
const SHORTEST_QUOTATION = 8;

/** What a secret looks like when nobody told us its value. */
const SECRET_SHAPES: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${MASK}`],
  [/\bsk-[\w-]{8,}/g, MASK],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g, MASK],
  [/([?&;][\w.-]*(?:key|token|sig|secret|password|nonce|credential)[\w.-]*=)[^&\s"'`]+/gi, `$1${MASK}`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'`]+@/gi, `$1${MASK}@`],
];

function maskShapes(text: string): string {
  return SECRET_SHAPES.reduce((masked, [shape, mask]) => masked.replace(shape, mask), text);
}

/** `text` without anything that looks like a secret, and no longer than an error message may be. */
export function redact(text: string): string {
  const masked = maskShapes(text);
  return masked.length <= MESSAGE_LIMIT ? masked : `${masked.slice(0, MESSAGE_LIMIT - 1)}…`;
}

/** Replaces secrets whose values are known, as they are, URL-encoded and in base64. */
export type Redactor = (text: string) => string;

/** A redactor for these values. */
export function createRedactor(secrets: Iterable<string>): Redactor {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    const base64 = Buffer.from(secret).toString("base64");
    for (const form of [secret, encodeURIComponent(secret), base64, base64.replace(/=+$/, "")])
      forms.add(form);
    forms.add(Buffer.from(secret).toString("base64url"));
  }
  // the longest first, so that a secret inside another one does not leave the rest of it standing
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((masked, form) => masked.replaceAll(form, MASK), text);
}

/** A redactor for the texts of a conversation: an upstream may quote the prompt back in its error. */
export function createPromptRedactor(prompts: readonly string[]): Redactor {
  return (text) => {
    const quoted = new Uint8Array(text.length);
    for (const prompt of prompts) {
      const run = Math.min(QUOTATION, prompt.length);
      if (run < SHORTEST_QUOTATION) continue;
      for (let start = 0; start + run <= text.length; start++) {
        if (prompt.includes(text.slice(start, start + run))) quoted.fill(1, start, start + run);
      }
    }
    let masked = "";
    for (let index = 0; index < text.length; index++) {
      if (!quoted[index]) masked += text[index];
      else if (index === 0 || !quoted[index - 1]) masked += MASK;
    }
    return masked;
  };
}

/** A redacted copy of an error's cause and of the causes behind it. */
export function redactedCause(
  cause: unknown,
  redactor: Redactor = (text) => text,
  depth: number = CAUSE_DEPTH,
): unknown {
  if (depth === 0) return undefined;
  if (!(cause instanceof Error)) return redact(redactor(String(cause)));
  const copy = new Error(redact(redactor(cause.message)));
  copy.name = cause.name;
  if (cause.stack !== undefined) copy.stack = maskShapes(redactor(cause.stack));
  if ("code" in cause) Object.assign(copy, { code: cause.code });
  if (cause.cause !== undefined) copy.cause = redactedCause(cause.cause, redactor, depth - 1);
  return copy;
}

/** Foreign text as an error message quotes it: in quotation marks and cut at 80 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 79)}…`);
}
