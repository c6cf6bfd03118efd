import { lexer, type Token, type Tokens } from "marked";
import type { Span, Style } from "../span.ts";
import { formatTable } from "../table.ts";

const RULE = "-".repeat(40);

/** The lines of one block of Markdown, without what a terminal could take for a command. */
export function drawBlock(token: Token): Span[][] {
  switch (token.type) {
    case "heading":
      return [styleAll(inlineOf(token), "bold")].flatMap(splitLines);
    case "code":
      return (token as Tokens.Code).text.split("\n").map((line) => [{ text: `  ${line}`, style: "cyan" }]);
    case "blockquote":
      return indent(drawBlocks((token as Tokens.Blockquote).tokens), [{ text: "| ", style: "dim" }]);
    case "list":
      return drawList(token as Tokens.List);
    case "table":
      return drawTable(token as Tokens.Table);
    case "hr":
      return [[{ text: RULE, style: "dim" }]];
    case "space":
      return [[]];
    default:
      return splitLines(inlineOf(token));
  }
}

/** The lines of a text within a block. */
export function drawInline(text: string): Span[][] {
  const [token] = lexer(text.trimStart());
  return token === undefined
    ? [[text]]
    : splitLines([text.slice(0, text.search(/\S|$/)), ...inlineOf(token)]);
}

function drawBlocks(tokens: readonly Token[]): Span[][] {
  return tokens.flatMap(drawBlock);
}

function drawList({ items, ordered, start }: Tokens.List): Span[][] {
  return items.flatMap((item, place) => {
    const box = item.task ? `[${item.checked ? "x" : " "}] ` : "";
    const mark = `${ordered ? `${Number(start || 1) + place}.` : "-"} ${box}`;
    // the box of a task is a token of its own in some versions
    const tokens = item.tokens.filter(({ type }) => type !== "checkbox");
    const [first = [], ...others] = drawBlocks(tokens);
    return [[mark, ...first], ...indent(others, [" ".repeat(mark.length)])];
  });
}

function drawTable({ header, rows }: Tokens.Table): Span[][] {
  const textOf = ({ tokens }: Tokens.TableCell): string =>
    spansOf(tokens)
      .map((span) => (typeof span === "string" ? span : span.text))
      .join("");
  return formatTable(
    header.map(textOf),
    rows.map((row) => row.map(textOf)),
  );
}

function indent(lines: readonly Span[][], before: readonly Span[]): Span[][] {
  return lines.map((line) => [...before, ...line]);
}

function inlineOf(token: Token): Span[] {
  const { tokens } = token as { readonly tokens?: Token[] };
  return tokens === undefined ? [textOf(token)] : spansOf(tokens);
}

function spansOf(tokens: readonly Token[], style?: Style): Span[] {
  return tokens.flatMap((token): Span[] => {
    switch (token.type) {
      case "strong":
        return spansOf(token.tokens ?? [], "bold");
      case "em":
        return spansOf(token.tokens ?? [], style ?? "italic");
      case "del":
        return spansOf(token.tokens ?? [], style ?? "strikethrough");
      case "codespan":
        return [{ text: textOf(token), style: "cyan" }];
      case "br":
        return ["\n"];
      case "link":
      case "image": {
        const { href, tokens: inner = [], text } = token as Tokens.Link;
        const shown = token.type === "image" ? [text] : spansOf(inner, "underline");
        return text === href ? shown : [...shown, { text: ` (${href})`, style: "dim" }];
      }
      default: {
        const { tokens: inner } = token as { readonly tokens?: Token[] };
        return inner === undefined ? [styled(textOf(token), style)] : spansOf(inner, style);
      }
    }
  });
}

function styleAll(spans: readonly Span[], style: Style): Span[] {
  return spans.map((span) => (typeof span === "string" ? { text: span, style } : span));
}

function styled(text: string, style: Style | undefined): Span {
  return style === undefined ? text : { text, style };
}

function textOf(token: Token): string {
  const { text, raw } = token as { readonly text?: string; readonly raw: string };
  return text ?? raw;
}

function splitLines(spans: readonly Span[]): Span[][] {
  const lines: Span[][] = [[]];
  for (const span of spans) {
    const { text, style } = typeof span === "string" ? { text: span, style: undefined } : span;
    text.split("\n").forEach((piece, place) => {
      if (place > 0) lines.push([]);
      if (piece !== "") lines.at(-1)?.push(styled(piece, style));
    });
  }
  return lines;
}
