import type { UpstreamRequest } from "./site.ts";

/** The fields of an urlencoded or multipart body; none where the body is anything else. */
export async function readForm({ headers, body }: UpstreamRequest): Promise<ReadonlyMap<string, string>> {
  const contentType = headers["content-type"] ?? "";
  if (contentType.startsWith("application/x-www-form-urlencoded")) return new Map(new URLSearchParams(body));
  if (!contentType.startsWith("multipart/form-data")) return new Map();
  try {
    const form = await new Response(body, { headers: { "content-type": contentType } }).formData();
    return new Map([...form].filter((field): field is [string, string] => typeof field[1] === "string"));
  } catch {
    // PHP takes a malformed body for an empty one
    return new Map();
  }
}
