import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from "node:zlib";
import { httpResponse } from "@fallthrough/testkit";
import { expect } from "vitest";
import { answerRow } from "./chain-row.ts";
import type { FaultRow } from "./row.ts";
import { type SocketFault, socketRow } from "./socket-row.ts";
import { deltaEvent } from "./wire-provider.ts";

const READ = { read: "request" } as const;
const MiB = 1024 * 1024;
const ANSWER = `${deltaEvent("encoded ")}data: [DONE]\n\n`;
const LARGE_JSON = JSON.stringify({ text: Array.from({ length: 500 }, (_, index) => `w${index}`).join(" ") });

function encoded(
  encoding: string,
  body: Uint8Array,
  type: string = "application/json",
): SocketFault["scripts"] {
  const headers = { "content-type": type, "content-encoding": encoding };
  return [[READ, { send: httpResponse({ headers, body }) }, { hold: true }]];
}

/** 200 MB of zeros, or of lines, in about 200 kB; made once. */
const bombs = new Map<string, Promise<Buffer>>();
function bomb(block: string): Promise<Buffer> {
  const known = bombs.get(block);
  if (known !== undefined) return known;
  const made = makeBomb(block);
  bombs.set(block, made);
  return made;
}

async function makeBomb(block: string): Promise<Buffer> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  const pieces: Buffer[] = [];
  gzip.on("data", (piece: Buffer) => pieces.push(piece));
  const bytes = Buffer.alloc(MiB, block);
  for (let written = 0; written < 200; written++) {
    if (!gzip.write(bytes)) await new Promise((resolve) => gzip.once("drain", resolve));
  }
  gzip.end();
  await new Promise((resolve) => gzip.once("end", resolve));
  return Buffer.concat(pieces);
}

/** A row whose bytes take a while to make, and in which memory must not grow. */
function bombRow(sent: string, block: string, answer: "events" | "json"): FaultRow {
  const fault = { row: 43, fault: "gzip bomb of 200 MB", sent, code: "limit", follows: "next" } as const;
  return {
    ...fault,
    async run(consume) {
      const type = answer === "json" ? "application/json" : "text/event-stream";
      const scripts = encoded("gzip", await bomb(block), type);
      const row = socketRow({ ...fault, scripts, settings: { answer }, workMs: 4_000 });
      let peak = 0;
      const before = process.memoryUsage.rss();
      const watch = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage.rss());
      }, 5);

      await row.run(consume).finally(() => clearInterval(watch));

      expect(peak - before).toBeLessThan(64 * MiB);
    },
  };
}

function charsetRow(sent: string, bytes: string, text: string, answer: "events" | "json"): FaultRow {
  const [type, body] =
    answer === "json"
      ? ["application/json", `{"text":"${bytes}"}`]
      : ["text/event-stream", `data: {"delta":"${bytes}"}\n\ndata: [DONE]\n\n`];
  const headers = { "content-type": `${type}; charset=iso-8859-1` };
  return answerRow({
    row: 45,
    fault: "bytes that are no UTF-8",
    sent,
    scripts: [[READ, { send: httpResponse({ headers, body: Buffer.from(body as string, "latin1") }) }]],
    settings: { answer },
    text,
  });
}

const FAULTS: readonly Omit<SocketFault, "follows">[] = [
  ...(
    [
      ["gzip", gzipSync(LARGE_JSON)],
      ["br", brotliCompressSync(LARGE_JSON)],
      ["deflate", deflateSync(LARGE_JSON)],
    ] as const
  ).map(([encoding, body]) => ({
    row: 41,
    fault: "truncated encoding",
    sent: `half of a ${encoding} body`,
    scripts: encoded(encoding, body.subarray(0, body.length >> 1)),
    settings: { answer: "json" as const },
    code: "interrupted" as const,
  })),
  {
    row: 42,
    fault: "corrupt gzip",
    sent: "a gzip head, then noise",
    scripts: encoded("gzip", Buffer.concat([gzipSync(LARGE_JSON).subarray(0, 20), Buffer.alloc(400, 0xa5)])),
    settings: { answer: "json" },
    code: "protocol",
  },
  {
    row: 44,
    fault: "too many encodings",
    sent: "6 stacked encodings",
    scripts: encoded(Array(6).fill("gzip").join(", "), gzipSync(ANSWER), "text/event-stream"),
    code: "protocol",
  },
  {
    row: 44,
    fault: "unknown encoding",
    sent: "`content-encoding: aws-chunked`",
    scripts: encoded("aws-chunked", Buffer.from(ANSWER), "text/event-stream"),
    code: "protocol",
  },
];

/** Bytes that are no UTF-8 inside a JSON string. */
const CHARSETS: readonly (readonly [sent: string, bytes: string, text: string])[] = [
  ["latin1, and called so", "caf\xe9", "caf\uFFFD"],
  ["an overlong form", "a\xc0\xafb", "a\uFFFD\uFFFDb"],
  ["a lone continuation", "a\x80b", "a\uFFFDb"],
];

/** Faults of content encodings. */
export const ENCODING_ROWS: readonly FaultRow[] = [
  ...FAULTS.map((fault) => socketRow({ ...fault, follows: "next" })),
  ...CHARSETS.flatMap(([sent, bytes, text]) =>
    (["events", "json"] as const).map((answer) => charsetRow(`${sent}, in ${answer}`, bytes, text, answer)),
  ),
  bombRow("JSON without a line break", '"aaaaaaaaaaaaaaaa', "json"),
  bombRow("one endless line", "a", "events"),
  bombRow("comment lines", ": pad\n\n", "events"),
];
