import fc from "fast-check";
import { expect, test } from "vitest";
import { createFrame } from "../../src/parts/text-frame.ts";
import { TRIALS, TRIALS_MS } from "./trials.ts";

const word = fc.string({
  unit: fc.constantFrom("a", " ", '"', "\\", "\n", "\u0000", "é", "😀", "\ud83d", "text"),
});
/** Events of one stream: mostly alike round their text, with a field that sometimes changes or says something. */
const events = fc.array(
  fc.record({
    text: word,
    id: fc.constantFrom(1, 1, 1, 2),
    name: fc.constantFrom("a", "a", "text"),
    more: fc.constantFrom(undefined, undefined, "more"),
    last: fc.boolean(),
    padding: fc.option(word, { nil: undefined }),
  }),
  { maxLength: 12 },
);

function format({
  text,
  id,
  name,
  more,
  last,
  padding,
}: {
  text: string;
  id: number;
  name: string;
  more: unknown;
  last: boolean;
  padding: string | undefined;
}) {
  return JSON.stringify(last ? { id, name, more, text, padding } : { text, padding, id, name, more });
}

function textOf(data: string): string | undefined {
  const { text, more } = JSON.parse(data);
  return more === undefined ? text : undefined;
}

test(
  "what a frame reads is what the parser would have read, and learning never changes that",
  () => {
    fc.assert(
      fc.property(events, (values) => {
        const frame = createFrame({ textOf, padding: "padding" });
        for (const data of values.map(format)) {
          const text = textOf(data);
          const read = frame.read(data);
          if (read !== undefined) expect(read).toBe(text);
          else if (text !== undefined) frame.learn(data, text);
        }
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);

test(
  "what a cumulative frame reads is what the text has grown by",
  () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (pieces) => {
        const frame = createFrame({ textOf, cumulative: true });
        let text = "";
        let framed: string | undefined;
        for (const piece of pieces) {
          text += piece;
          const data = JSON.stringify({ id: 1, text, end: null });
          const read = frame.read(data);
          if (read === undefined) frame.learn(data, text);
          else expect(framed + read).toBe(text);
          framed = text;
        }
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);
