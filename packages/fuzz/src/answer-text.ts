import { createRandom, type Random } from "./random.ts";

/** The longest text, in characters. */
const LONGEST = 3 * 1024 * 1024;
/** Letters that no encoding makes much shorter, with some that take two, three and four bytes. */
const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -_.,:{}"\\é€👋'];

const NOISE = noise();

/** The text of an answer, of about so many characters: noise, or the same again and again. */
export function answerText(random: Random, length: number): string {
  if (random.chance(0.1)) return `${"again and again, ".repeat(Math.ceil(length / 17))}.`;
  const start = random.integer(0, LONGEST - length);
  // no half of a surrogate pair at an end, and no white space in front, which a guard holds back
  return `.${NOISE.slice(start, start + length).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "")}.`;
}

function noise(): string {
  const random = createRandom(1);
  // letters are drawn once and then pieces of them, because three million draws take their time
  const letters = Array.from({ length: 64 * 1024 }, () => random.pick(LETTERS));
  let text = "";
  while (text.length < LONGEST) {
    const start = random.integer(0, letters.length - 2);
    text += letters.slice(start, start + random.integer(1, 4096)).join("");
  }
  return text;
}
