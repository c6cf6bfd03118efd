/** Bytes as text, and how many characters of it stand for bytes that were none. */
export interface DecodedText {
  /** The text, without a byte order mark. */
  readonly text: string;
  /** How many characters were put in place of bytes that are no text. */
  readonly replaced: number;
}

const REPLACEMENT = "\uFFFD";
/** Of a text in two bytes a character, so many bytes in a hundred are zero at least, where it has no mark. */
const ZEROS_PERCENT = 25;
/** So much of the start is looked at. */
const LOOKED_AT = 4096;

/** The text that these bytes are in UTF-8, or in the UTF-16 that PowerShell writes. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const encoding = encodingOf(bytes);
  const text = new TextDecoder(encoding).decode(bytes);
  if (!text.includes(REPLACEMENT)) return { text, replaced: 0 };
  // the character itself may stand in a text
  const real = encoding === "utf-8" ? Buffer.from(bytes).toString("latin1").split("ï¿½").length - 1 : 0;
  return { text, replaced: Math.max(0, text.split(REPLACEMENT).length - 1 - real) };
}

function encodingOf(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  const start = bytes.subarray(0, LOOKED_AT);
  const zeros = [0, 0];
  start.forEach((byte, place) => {
    if (byte === 0) zeros[place % 2] = (zeros[place % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  const least = (start.length * ZEROS_PERCENT) / 100;
  if (odd > least && even === 0) return "utf-16le";
  if (even > least && odd === 0) return "utf-16be";
  return "utf-8";
}
