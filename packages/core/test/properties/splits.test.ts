import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSseParser, type ServerSentEvent } from "../../src/parts/sse.ts";
import { respond } from "../http/exchanges.ts";
import { collect } from "../providers.ts";
import { TRIALS, TRIALS_MS } from "./trials.ts";

const ENCODERS = { identity: Buffer.from, gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };

/** A line of text, with characters of every length in UTF-8. */
const line = fc.string({ unit: fc.constantFrom("a", " ", ":", "é", "漢", "😀", "\u2028", "\uFEFF") });
const event = fc.record({
  event: fc.option(fc.constantFrom("message", "status", "done"), { nil: undefined }),
  data: fc.array(line, { minLength: 1, maxLength: 3 }),
  comment: fc.boolean(),
});
const lineEnds = fc.array(fc.constantFrom("\n", "\r", "\r\n"), { minLength: 1, maxLength: 5 });
/** Where the bytes are cut, as shares of their length. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

interface Written {
  readonly text: string;
  readonly events: readonly ServerSentEvent[];
}

/** What a server writes for these events, and what is to be read; a CR before an LF would be one end, not two. */
const stream: fc.Arbitrary<Written> = fc
  .tuple(fc.array(event, { minLength: 1, maxLength: 6 }), lineEnds, fc.boolean())
  .map(([events, ends, mark]) => {
    let lines = 0;
    let last = "";
    const write = (content: string): string => {
      const wanted = ends[lines++ % ends.length] ?? "\n";
      const end = content === "" && last === "\r" && wanted === "\n" ? "\r\n" : wanted;
      last = end;
      return content + end;
    };
    const text = events.map(({ event: name, data, comment }) =>
      [
        ...(comment ? [": ping"] : []),
        ...(name === undefined ? [] : [`event: ${name}`]),
        ...data.map((one) => `data: ${one}`),
        "",
      ]
        .map(write)
        .join(""),
    );
    return {
      text: `${mark ? "\uFEFF" : ""}${text.join("")}`,
      events: events.map(({ event: name, data }) => ({ event: name ?? "message", data: data.join("\n") })),
    };
  });

function split(bytes: Uint8Array, shares: readonly number[]): readonly Uint8Array[] {
  const places = shares.map((share) => Math.round(share * bytes.length)).sort((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
}

test(
  "any split of the bytes gives the same events",
  () => {
    fc.assert(
      fc.property(stream, cuts, ({ text, events }, shares) => {
        const decoder = new TextDecoder();
        const parser = createSseParser();
        const read = split(Buffer.from(text), shares).flatMap((bytes) =>
          parser.push(decoder.decode(bytes, { stream: true })),
        );

        expect([...read, ...parser.push(decoder.decode()), ...parser.end()]).toEqual(events);
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);

test(
  "any split of the bytes on the wire gives the same events, under every encoding",
  async () => {
    const encodings = fc.constantFrom(...(Object.keys(ENCODERS) as (keyof typeof ENCODERS)[]));
    await fc.assert(
      fc.asyncProperty(stream, cuts, encodings, fc.boolean(), async (written, shares, encoding, peeks) => {
        const bytes = ENCODERS[encoding](Buffer.from(written.text));
        const response = respond(split(bytes, shares), {
          type: "text/event-stream",
          headers: { "content-encoding": encoding },
        });
        if (peeks) await response.format();

        expect(await collect(response.events())).toEqual(written.events);
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);

test(
  "any split of the bytes gives the same JSON value and the same page",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), cuts, async (value, shares) => {
        const text = JSON.stringify(value);
        const pieces = split(Buffer.from(text), shares);

        expect(JSON.stringify(await respond(pieces, { type: "application/json" }).json())).toBe(text);
        expect(await respond(pieces, { type: "text/html" }).text()).toBe(text);
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);
