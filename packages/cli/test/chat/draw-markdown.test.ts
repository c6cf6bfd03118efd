import { lexer } from "marked";
import { expect, test } from "vitest";
import { drawBlock } from "../../src/chat/draw-markdown.ts";
import type { Span } from "../../src/span.ts";

/** Each line as a text in which a style stands in brackets around what it styles. */
function draw(markdown: string): readonly string[] {
  const show = (span: Span): string => (typeof span === "string" ? span : `<${span.style}>${span.text}</>`);
  return lexer(markdown)
    .flatMap(drawBlock)
    .map((line) => line.map(show).join(""));
}

test.each([
  ["a heading", "## Two *words*", ["<bold>Two </><italic>words</>"]],
  [
    "a paragraph",
    "**a** _b_ `c` ~~d~~ e & f",
    ["<bold>a</> <italic>b</> <cyan>c</> <strikethrough>d</> e & f"],
  ],
  [
    "code, as it is",
    "```js\nconst a = 1;\n\n**b**\n```",
    ["<cyan>  const a = 1;</>", "<cyan>  </>", "<cyan>  **b**</>"],
  ],
  ["a list in a list", "- a\n- b\n  1. c\n  2. d", ["- a", "- b", "  1. c", "  2. d"]],
  ["a list that begins later", "3. a\n4. b", ["3. a", "4. b"]],
  ["a quotation", "> a\n> b", ["<dim>| </>a", "<dim>| </>b"]],
  ["a link", "[text](https://a.test)", ["<underline>text</><dim> (https://a.test)</>"]],
  ["a line between", "---", [`<dim>${"-".repeat(40)}</>`]],
  ["HTML", "<b>x</b>", ["<b>x</b>"]],
])("%s is drawn", (_, markdown, lines) => {
  expect(draw(markdown)).toEqual(lines);
});

test("the columns of a table line up, with two columns for a Chinese character", () => {
  expect(draw("| a | b |\n|---|---|\n| 你好 | 1 |\n| x | `2` |")).toEqual([
    "<dim>a</>     <dim>b</>",
    "你好  1",
    "x     2",
  ]);
});
