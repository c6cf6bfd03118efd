import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Limits } from "../../src/contract/defaults.ts";
import { ChatError } from "../../src/errors/chat-error.ts";
import type { HttpResponse } from "../../src/http/types.ts";
import { parseJson } from "../../src/parts/json.ts";
import { createSseParser } from "../../src/parts/sse.ts";
import { respond } from "../http/exchanges.ts";
import { collect } from "../providers.ts";
import { createClient, startServer } from "../servers.ts";
import { TRIALS, TRIALS_MS } from "./trials.ts";

const LIMITS: Limits = { jsonBytes: 200, streamBytes: 300, eventBytes: 40, pageBytes: 200, errorBytes: 50 };

/** Bytes, more often those that mean something to a reader. */
const noise = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc
        .constantFrom(
          "data: ",
          "event: x",
          "\n",
          "\r",
          "\n\n",
          "[DONE]",
          "\uFEFF",
          "[",
          "{",
          '"a":',
          "}",
          ",",
        )
        .map((text) => Buffer.from(text)),
      fc
        .constantFrom("<html>", "<", "\\", "1e999", "😀", "__proto__", "null")
        .map((text) => Buffer.from(text)),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.map((piece) => Buffer.from(piece)));

const types = fc.constantFrom("application/json", "text/event-stream", "text/html", "text/plain", undefined);
const encodings = fc.constantFrom(undefined, "gzip", "br", "deflate", "gzip, br", "zstd", "__proto__");

const READERS: Readonly<Record<string, (response: HttpResponse) => Promise<string>>> = {
  text: (response) => response.text(),
  json: async (response) => JSON.stringify(await response.json()) ?? "",
  format: (response) => response.format(),
  events: async (response) => JSON.stringify(await collect(response.events())),
  lines: async (response) => JSON.stringify(await collect(response.lines())),
  bytes: async (response) => Buffer.concat(await collect(response.bytes())).toString("latin1"),
  cumulative: async (response) => {
    const events = await collect(response.events({ cumulative: true }));
    for (const { data } of events) expect(data.length).toBeLessThanOrEqual(40);
    return "";
  },
};
const readers = fc.constantFrom(...Object.keys(READERS));

/** What a reader gives; `undefined` where it fails as it may. */
async function outcomeOf(read: () => Promise<string> | string): Promise<string | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ChatError) return undefined;
    throw error;
  }
}

test(
  "the reader of events throws a ChatError or nothing, and keeps no event above its limit",
  async () => {
    await fc.assert(
      fc.asyncProperty(noise, async (pieces) => {
        const parser = createSseParser(40);
        await outcomeOf(() => {
          const texts = pieces.map((piece) => piece.toString());
          for (const { data } of [...texts.flatMap((text) => parser.push(text)), ...parser.end()]) {
            expect(data.length).toBeLessThanOrEqual(40);
          }
          return "";
        });
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);

test(
  "the reader of JSON throws a ChatError or nothing",
  async () => {
    await fc.assert(
      fc.asyncProperty(noise, fc.nat(64), async (pieces, depth) => {
        const text = Buffer.concat(pieces).toString();
        const value = await outcomeOf(() => JSON.stringify(parseJson(text, "a test", depth)));
        if (value !== undefined) expect(value).toBe(JSON.stringify(JSON.parse(text)));
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);

test(
  "whatever the body, its type and its encoding, a reader gives at most its limit or throws a ChatError",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        noise,
        types,
        encodings,
        readers,
        fc.boolean(),
        async (body, type, encoding, name, packs) => {
          const pieces = packs && encoding === "gzip" ? [gzipSync(Buffer.concat(body))] : body;
          const response = respond(pieces, {
            type,
            headers: encoding === undefined ? {} : { "content-encoding": encoding },
            limits: LIMITS,
          });

          const given = await outcomeOf(() => READERS[name]?.(response) ?? "");

          // a broken byte becomes one character of three bytes, and JSON writes some characters in six
          expect(given?.length ?? 0).toBeLessThanOrEqual(6 * 300);
        },
      ),
      TRIALS,
    );
  },
  TRIALS_MS,
);

test(
  "whatever a server writes instead of HTTP, the client throws a ChatError or gives a response",
  async () => {
    const heads = fc.constantFrom(
      "",
      "HTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
      "HTTP/1.1 103 Hints\r\n\r\n",
      "HTTP/1.1 429 Slow\r\nretry-after: ",
      "HTTP/1.1 302 Found\r\nlocation: ",
      "HTTP/1.1 200 OK\r\nset-cookie: ",
      "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-type: ",
    );
    let written: Buffer = Buffer.alloc(0);
    const server = await startServer(({ socket }) => socket.end(written));
    const http = createClient(server, { limits: LIMITS });
    await fc.assert(
      fc.asyncProperty(heads, noise, readers, fc.boolean(), async (head, body, name, followRedirects) => {
        written = Buffer.concat([Buffer.from(head), ...body]);

        await outcomeOf(async () => {
          const response = await http({ path: "/", followRedirects });
          return (await READERS[name]?.(response)) ?? "";
        });
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);
