/** The names under which servers tell the id of a request, the most exact first. */
const NAMES: readonly string[] = [
  "x-request-id",
  "request-id",
  "x-requestid",
  "apim-request-id",
  "x-amzn-requestid",
  "x-generation-id",
  "x-correlation-id",
  "x-trace-id",
  "cf-ray",
];

/** A longer value is no id. */
const LONGEST_ID = 256;

/** The id that the server gave the request, for its support; names of headers are in lower case. */
export function requestIdOf(headers: Readonly<Record<string, string>>): string | undefined {
  for (const name of NAMES) {
    const id = headers[name];
    if (id !== undefined && id !== "" && id.length <= LONGEST_ID) return id;
  }
  return undefined;
}
