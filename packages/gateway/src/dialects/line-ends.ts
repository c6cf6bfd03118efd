// some clients end a line at these too
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** JSON text in which nothing ends a line for any reader of server-sent events. */
export function escapeLineEnds(json: string): string {
  return json.replace(LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
