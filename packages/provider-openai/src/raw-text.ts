/** The text of a body as it comes, with nothing changed in it. */
export async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for await (const chunk of bytes) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== "") yield text;
  }
  const rest = decoder.decode();
  if (rest !== "") yield rest;
}

/** The same text, cut between events only, so that something may be put between two pieces. */
export async function* wholeEvents(texts: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of texts) {
    rest += text;
    const end = Math.max(endOf(rest, "\n\n"), endOf(rest, "\r\n\r\n"));
    if (end === 0) continue;
    yield rest.slice(0, end);
    rest = rest.slice(end);
  }
  if (rest !== "") yield rest;
}

/** Where the last one ends; 0 without any. */
function endOf(text: string, separator: string): number {
  const at = text.lastIndexOf(separator);
  return at === -1 ? 0 : at + separator.length;
}
