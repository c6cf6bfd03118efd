/** The text of an answer, gathered from its pieces. */
export interface GatheredText {
  /** Adds a piece. */
  add(piece: string): void;
  /** All pieces as one text. */
  read(): string;
}

/** So many pieces are joined at once: appended one by one, each would stay in memory with what it was cut from. */
const JOINED_PIECES = 64;

/** No text yet. */
export function gatherText(): GatheredText {
  return new Pieces();
}

class Pieces implements GatheredText {
  private joined = "";
  private pieces: string[] = [];

  add(piece: string): void {
    this.pieces.push(piece);
    if (this.pieces.length === JOINED_PIECES) this.read();
  }

  read(): string {
    const { pieces } = this;
    // one piece is its own text: a whole answer may be large
    this.joined += pieces.length === 1 ? pieces[0] : pieces.join("");
    this.pieces = [];
    return this.joined;
  }
}
