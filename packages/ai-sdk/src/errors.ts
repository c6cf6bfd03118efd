const ROOT = "vercel.ai.error";

/** The kinds of the AI SDK's errors that are made or read here. */
export type ErrorKind =
  | "AI_APICallError"
  | "AI_EmptyResponseBodyError"
  | "AI_InvalidArgumentError"
  | "AI_InvalidPromptError"
  | "AI_InvalidResponseDataError"
  | "AI_JSONParseError"
  | "AI_LoadAPIKeyError"
  | "AI_LoadSettingError"
  | "AI_NoContentGeneratedError"
  | "AI_NoSuchModelError"
  | "AI_RetryError"
  | "AI_TypeValidationError"
  | "AI_UnsupportedFunctionalityError";

/**
 * An error that the AI SDK takes for one of its own: it looks for the marks, and never for a class.
 *
 * So nothing of the AI SDK is loaded here, and both of its majors know the error.
 */
export function createError<Fields extends object>(
  kind: ErrorKind,
  message: string,
  { cause, ...fields }: Fields & { readonly cause?: unknown },
): Error & Omit<Fields, "cause"> {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  for (const name of [ROOT, `${ROOT}.${kind}`]) {
    Object.defineProperty(error, Symbol.for(name), { value: true });
  }
  return Object.assign(error, { name: kind }, fields);
}

/** Whether the AI SDK, in any version, marked a value as an error of this kind; `false` for one that throws when looked at. */
export function isErrorOf(value: unknown, kind: ErrorKind): value is Error {
  try {
    return (
      typeof value === "object" &&
      value !== null &&
      (value as { readonly [mark: symbol]: unknown })[Symbol.for(`${ROOT}.${kind}`)] === true
    );
  } catch {
    return false;
  }
}
