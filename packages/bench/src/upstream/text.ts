import { createRandom } from "../random.ts";
import type { Answer } from "./answer.ts";

const PLAIN = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ, 0123456789.";
const ESCAPED = [...'ab cd "efg" \\ é ü 漢字 Привет 🙂 \n \t /'];

/** The text of every event of an answer; the same for whoever asks, so that both sides know what is right. */
export function textsOf({ events = 10, size = 20, text = "plain", kind }: Answer): readonly string[] {
  const random = createRandom(events * 31 + size);
  const alphabet = text === "escaped" ? ESCAPED : [...PLAIN];
  const count = kind === "json" ? 1 : events;
  return Array.from({ length: count }, () => {
    let piece = "";
    // a character of two code units may not be cut, so the last place takes one of a single unit
    while (piece.length < size) {
      const next = alphabet[random(alphabet.length)] ?? " ";
      piece += piece.length + next.length > size ? "." : next;
    }
    return piece;
  });
}

/** The whole text of an answer. */
export function textOf(answer: Answer): string {
  return textsOf(answer).join("");
}
