const UNITS: readonly (readonly [size: number, unit: string])[] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

/** A time that is left, in its two largest units: "4 min 10 s". */
export function formatLeft(ms: number): string {
  let rest = Math.max(0, Math.ceil(ms / 1_000));
  const parts: string[] = [];
  for (const [size, unit] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}

/** A duration: "84 ms", "1.2 s", "42 s". */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : formatLeft(ms);
}

/** A time of day. */
export function formatTime(iso: string | number): string {
  return new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** Foreign words with every control character as a visible sign: they command nothing here, and hide nothing. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (sign) => {
    const code = sign.charCodeAt(0);
    if (sign === "\n" || sign === "\t") return sign;
    // the signs for the lower ones stand in Unicode in their order
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}

/** A number of things, with its word. */
export function count(number: number, word: string): string {
  return `${number.toLocaleString()} ${word}${number === 1 ? "" : "s"}`;
}
