import { fieldsOf, parseJson } from "../parts/json.ts";

/** The fields of a failure, wherever the server put them. */
export type ErrorFields = Readonly<Record<string, unknown>>;

/**
 * The fields of the failure in this value; `undefined` where it describes none.
 *
 * Inside an answer only `error`, `errors` and a value that calls itself an error tell of one; a body that `failed`
 * is all about it.
 */
export function errorFields(value: unknown, failed: boolean): ErrorFields | undefined {
  // Gemini and Together answer a list of one error
  if (Array.isArray(value)) return value.length === 0 ? undefined : errorFields(value[0], failed);
  const fields = fieldsOf(value);
  const { error, errors } = fields;
  if (typeof error === "string" && error.trim() !== "") return { ...fields, message: error };
  const nested = Array.isArray(error) ? error[0] : error;
  if (!isBlank(nested)) return { ...besides(fields), ...fieldsOf(nested) };
  if (Array.isArray(errors) && !isBlank(errors[0])) {
    return typeof errors[0] === "string" ? { message: errors[0] } : fieldsOf(errors[0]);
  }
  // vLLM's older versions put the failure on the top level
  if (fields["object"] === "error" || fields["type"] === "error") return fields;
  // each event of a stream comes here
  if (!failed) return undefined;
  const told = ["message", "detail", "title", "code", "error_description"].some(
    (name) => !isBlank(fields[name]),
  );
  return told ? fields : undefined;
}

/** The fields beside `error` that may say more than it. */
function besides({ detail, estimated_time }: ErrorFields): ErrorFields {
  return {
    ...(detail === undefined ? {} : { detail }),
    ...(estimated_time === undefined ? {} : { estimated_time }),
  };
}

/** Whether nothing is in this value: some servers send such an error beside each good answer. */
function isBlank(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (typeof value !== "object") return value === false || value === 0;
  return Object.values(value).every(isBlank);
}

/** The server's own words about its failure, in one line; blank where it has none. */
export function wordsOf(fields: ErrorFields): string {
  const { metadata, message, detail, title, error } = fields;
  const raw = fieldsOf(metadata)["raw"];
  // OpenRouter's own message is then "Provider returned error"
  const candidates = [
    rawWords(raw),
    message,
    detailWords(detail, title),
    error,
    fields["error_description"],
    title,
  ];
  for (const words of candidates) {
    if (typeof words === "string" && words.trim() !== "") return words.replaceAll(/\s+/g, " ").trim();
  }
  return "";
}

/** What another server answered, which may be JSON of its own. */
function rawWords(raw: unknown): string | undefined {
  if (typeof raw !== "string") return raw === undefined || raw === null ? undefined : innerWords(raw);
  try {
    return innerWords(parseJson(raw, "the error")) ?? raw;
  } catch {
    return raw;
  }
}

function innerWords(value: unknown): string | undefined {
  const fields = errorFields(value, true);
  return fields === undefined ? undefined : wordsOf(fields) || undefined;
}

/** FastAPI's list names the place of each mistake; problem details (RFC 7807) have a title in front. */
function detailWords(detail: unknown, title: unknown): string | undefined {
  if (typeof detail === "string") return typeof title === "string" ? `${title}: ${detail}` : detail;
  if (!Array.isArray(detail)) return innerWords(detail);
  const mistakes = detail.map((mistake) => {
    const { loc, msg } = fieldsOf(mistake);
    return [Array.isArray(loc) ? loc.join(".") : "", typeof msg === "string" ? msg : ""]
      .filter(Boolean)
      .join(": ");
  });
  return mistakes.filter(Boolean).join("; ");
}
