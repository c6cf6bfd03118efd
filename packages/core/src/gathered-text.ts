/** The text of an answer, gathered from its pieces. */
export interface GatheredText {
  add(piece: string): void;
  read(): string;
}

/** So many pieces are joined at once: appended one by one, each would stay in memory with what it was cut from. */
const JOINED_PIECES = 64;

/** No text yet. */
export function gatherText(): GatheredText {
  let joined = "";
  let pieces: string[] = [];

  function read(): string {
    // one piece is its own text: a whole answer may be large
    joined += pieces.length === 1 ? pieces[0] : pieces.join("");
    pieces = [];
    return joined;
  }

  return {
    add(piece) {
      pieces.push(piece);
      if (pieces.length === JOINED_PIECES) read();
    },
    read,
  };
}
