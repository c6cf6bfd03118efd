import { lexer, type Token } from "marked";
import { type Output, withoutControls } from "../output.ts";
import type { Shell } from "../shell.ts";
import { drawBlock, drawInline } from "./draw-markdown.ts";

/** Prints one answer as it comes. */
export interface AnswerWriter {
  /** Takes a piece of it. */
  write(text: string): Promise<void>;
  /** Prints what is left, and ends the line. */
  end(): Promise<void>;
}

/** What may be the beginning of Markdown inside a paragraph. */
const MARKS = /[*_`[\]<>~|\\!&]/;

/** Draws Markdown on a terminal that shows styles, and elsewhere gives the text as it is; neither lets a control code through. */
export function createAnswerWriter({ output: terminal, environment }: Shell, output: Output): AnswerWriter {
  const isDrawn =
    terminal.isTTY === true &&
    !environment["NO_COLOR"] &&
    environment["TERM"] !== "dumb" &&
    terminal.hasColors?.() === true;
  return isDrawn ? drawingWriter(output) : plainWriter(output);
}

function plainWriter(output: Output): AnswerWriter {
  let last = "\n";
  return {
    async write(text) {
      const printed = withoutControls(text);
      await output.answer(printed);
      last = printed.at(-1) ?? last;
    },
    async end() {
      if (last !== "\n") await output.answer("\n");
    },
  };
}

/** Prints each block when it is complete; a paragraph without any mark is printed word by word. */
function drawingWriter(output: Output): AnswerWriter {
  let text = "";
  /** So much of the last paragraph is printed. */
  let printed = 0;

  function draw(token: Token): void {
    if (token.type === "space") {
      output.line("");
      return;
    }
    if (printed === 0) for (const line of drawBlock(token)) output.line(...line);
    else for (const line of drawInline(token.raw.slice(printed).trimEnd())) output.line(...line);
    // a block that follows at once is kept apart, as a page does
    printed = 0;
  }

  async function printWords(token: Token): Promise<void> {
    if (token.type !== "paragraph" || MARKS.test(token.raw)) return;
    const words = token.raw.slice(printed, token.raw.search(/\s\S*$/) + 1);
    if (words === "") return;
    printed += words.length;
    await output.answer(withoutControls(words));
  }

  function splitBlocks(): { readonly complete: readonly Token[]; readonly open: Token | undefined } {
    const tokens = lexer(text);
    const place = tokens.findLastIndex(({ type }) => type !== "space");
    const open = tokens[place];
    // blank lines after it may be inside of it, as in a list
    return { complete: tokens.slice(0, Math.max(place, 0)), open };
  }

  return {
    async write(piece) {
      text += withoutControls(piece);
      const { complete, open } = splitBlocks();
      for (const token of complete) draw(token);
      text = text.slice(complete.reduce((length, { raw }) => length + raw.length, 0));
      if (open !== undefined) await printWords(open);
    },
    async end() {
      for (const token of lexer(text.trimEnd())) draw(token);
      text = "";
    },
  };
}
