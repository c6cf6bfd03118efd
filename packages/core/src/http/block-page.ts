/** Whether this text is a page for people. */
export function looksLikePage(text: string): boolean {
  return /^[\s\uFEFF]*<(?:!doctype|html|head|script)/i.test(text.slice(0, 512));
}

/** Whether a CDN put its challenge in front of the server: its header, or what only its challenge pages hold. */
export function isChallenge(headers: Readonly<Record<string, string>>, body: string): boolean {
  if (headers["cf-mitigated"] !== undefined) return true;
  // the script folder alone is no sign: it stands on the good pages of the same sites too
  return /_cf_chl_opt|<title>\s*(?:just a moment|attention required! \| cloudflare)/i.test(body);
}
