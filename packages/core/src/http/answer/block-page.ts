/** Whether this text is a page for people. */
export function looksLikePage(text: string): boolean {
  return /^[\s\uFEFF]*<(?:!doctype|html|head|script)/i.test(text.slice(0, 512));
}

/** Whether a body is a page for people, by its type or by its start. */
export function isPage(contentType: string, body: string): boolean {
  return contentType === "text/html" || looksLikePage(body);
}

/** Whether a CDN put its challenge in front of the server, and says so in the head. */
export function isChallenged(headers: Readonly<Record<string, string>>): boolean {
  return headers["cf-mitigated"] !== undefined;
}

/** Whether this is the challenge of a CDN: its header, or a page with what only its challenges hold. */
export function isChallenge(
  headers: Readonly<Record<string, string>>,
  contentType: string,
  body: string,
): boolean {
  if (isChallenged(headers)) return true;
  // an answer in JSON may quote such a page; the script folder alone is no sign, good pages of the same sites have it
  const marks = /_cf_chl_opt|<title>\s*(?:just a moment|attention required! \| cloudflare)/i;
  return isPage(contentType, body) && marks.test(body);
}

/** Whether this is a page that people log in on, or any other whole page, where a server sends text as HTML. */
export function isLoginPage(contentType: string, body: string): boolean {
  if (contentType !== "text/html") return false;
  return looksLikePage(body) || /<input\b[^>]*\btype\s*=\s*["']?password/i.test(body);
}
