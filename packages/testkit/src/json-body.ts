import type { UpstreamRequest } from "./site.ts";

/** A JSON object as a server reads it: every field may be missing or of another type. */
export type JsonFields = Readonly<Record<string, unknown>>;

/** The JSON object in a body, or undefined where there is none. */
export function readJsonObject({ headers, body }: UpstreamRequest): JsonFields | undefined {
  if (!headers["content-type"]?.startsWith("application/json")) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the value is an object with fields. */
export function isObject(value: unknown): value is JsonFields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
