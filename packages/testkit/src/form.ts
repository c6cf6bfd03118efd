import type { UpstreamRequest } from "./upstream.ts";

/** The fields of an urlencoded or multipart body; none where the body is anything else. */
export async function readForm({ headers, body }: UpstreamRequest): Promise<ReadonlyMap<string, string>> {
  const contentType = headers["content-type"] ?? "";
  if (contentType.startsWith("application/x-www-form-urlencoded")) return new Map(new URLSearchParams(body));
  const fields = new Map<string, string>();
  if (!contentType.startsWith("multipart/form-data")) return fields;
  const form = await new Response(body, { headers: { "content-type": contentType } }).formData();
  form.forEach((value, name) => {
    if (typeof value === "string") fields.set(name, value);
  });
  return fields;
}
