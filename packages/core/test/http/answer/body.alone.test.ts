import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  unzipSync,
} from "node:zlib";
import { expect, test } from "vitest";
import { decodeBody } from "../../../src/http/answer/body.ts";
import type { Body } from "../../../src/http/answer/decoded-body.ts";
import type { Exchange } from "../../../src/http/answer/exchange.ts";
import { failureOf, reasonOf } from "../../providers.ts";
import { createExchange } from "../exchanges.ts";

const TEXT = "an answer of some length 😀 ".repeat(2000);
/** Text that no encoding makes much shorter. */
const NOISE = Array.from({ length: 20_000 }, (_, at) => ((at * 7919) % 10_007).toString(36)).join("");
const ENCODERS = { gzip: gzipSync, "x-gzip": gzipSync, br: brotliCompressSync, deflate: deflateSync };

test.each(Object.entries(ENCODERS))("%s is undone, however it is cut", async (encoding, encode) => {
  const bytes = encode(TEXT);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) =>
    bytes.subarray(at * 7, at * 7 + 7),
  );

  expect(await read(encoded(pieces, encoding))).toBe(TEXT);
});

test("two encodings are undone in their order", async () => {
  expect(await read(encoded([brotliCompressSync(gzipSync(TEXT))], "gzip, br"))).toBe(TEXT);
});

test.each(["", "identity", "Identity , "])("%j is no encoding", async (encoding) => {
  expect(await read(encoded([TEXT], encoding))).toBe(TEXT);
});

test.each(["zstd", "gzip, compress", "gzip, gzip, gzip, gzip, gzip, gzip", "constructor"])(
  "%s is a protocol error that closes the exchange",
  async (encoding) => {
    const exchange = createExchange([TEXT], { headers: { "content-encoding": encoding } });

    const error = await failureOf(decodeBody(exchange, "GET /").read());

    expect(error.code).toBe("protocol");
    expect(exchange.closed).toBe(true);
  },
);

test.each(Object.entries(ENCODERS))(
  "truncated %s is interrupted, after what came",
  async (encoding, encode) => {
    const bytes = encode(TEXT);

    const error = await failureOf(read(encoded([bytes.subarray(0, bytes.length - 8)], encoding)));

    expect(error.code).toBe("interrupted");
  },
);

test.each(["gzip", "br", "deflate"])("corrupt %s is a protocol error", async (encoding) => {
  const error = await failureOf(read(encoded(["this was never encoded at all"], encoding)));

  expect(error.code).toBe("protocol");
});

test("a cut body that is read late, or never, fails nothing but its reader", async () => {
  const cut = gzipSync(TEXT).subarray(0, 20);
  decodeBody(encodedExchange(cut), "GET /");
  const late = decodeBody(encodedExchange(cut), "GET /");

  // the failure has to happen before anybody reads
  await new Promise((resolve) => setTimeout(resolve, 20));

  expect((await failureOf(read(late))).code).toBe("interrupted");
});

test("a body that is closed gives nothing more, though it was decoded already", async () => {
  const body = encoded([gzipSync(TEXT)], "gzip");
  await body.read();

  body.close();
  await new Promise((resolve) => setImmediate(resolve));

  expect(await body.read().catch(() => undefined)).toBeUndefined();
});

test("an empty body has no encoding to break", async () => {
  expect(await read(encoded([], "gzip"))).toBe("");
});

test("deflate without zlib's header is undone", async () => {
  expect(await read(encoded([deflateRawSync(TEXT)], "deflate"))).toBe(TEXT);
});

const CUTS = Array.from({ length: 12 }, (_, step) => step / 12);

test.each(["gzip", "x-gzip", "deflate", "br"] as const)(
  "%s that breaks off gives all that had come, then the failure",
  async (encoding) => {
    const bytes = ENCODERS[encoding](NOISE);
    for (const part of CUTS) {
      const came = bytes.subarray(0, Math.floor(bytes.length * part));
      const failure = new Error("read ECONNRESET");
      const body = decodeBody(
        createExchange([came], { headers: { "content-encoding": encoding }, failure }),
        "GET /",
      );

      const seen = await readToFailure(body);

      expect(seen).toEqual({ text: startOf(encoding, came), reason: failure });
    }
  },
);

test("two encodings that break off give all that had come", async () => {
  const bytes = brotliCompressSync(gzipSync(NOISE));
  const failure = new Error("read ECONNRESET");
  const came = bytes.subarray(0, bytes.length / 2);
  const exchange = createExchange([came], { headers: { "content-encoding": "gzip, br" }, failure });

  const { text, reason } = await readToFailure(decodeBody(exchange, "GET /"));

  const outer = brotliDecompressSync(came, { finishFlush: constants.BROTLI_OPERATION_FLUSH });
  expect(text).toBe(startOf("gzip", outer));
  expect(text.length).toBeGreaterThan(NOISE.length / 8);
  expect(reason).toBe(failure);
});

test("a decoder waits for its reader, and takes nothing more off the wire meanwhile", async () => {
  const exchange = createExchange([gzipSync(Buffer.alloc(16 * 1024 * 1024)), "more"], {
    headers: { "content-encoding": "gzip" },
  });
  const body = decodeBody(exchange, "GET /");
  const before = process.memoryUsage().arrayBuffers;

  const first = await body.read();
  // the decoder gets time to do what it may
  await new Promise((resolve) => setTimeout(resolve, 200));

  expect(first?.length).toBeGreaterThan(0);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
  expect(exchange.isRead()).toBe(false);
  body.close();
});

test("what the transport reports comes through as it is", async () => {
  const failure = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  const exchange = createExchange([gzipSync(TEXT).subarray(0, 20)], {
    headers: { "content-encoding": "gzip" },
    failure,
  });

  expect(await reasonOf(read(decodeBody(exchange, "GET /")))).toBe(failure);
});

function encodedExchange(bytes: Uint8Array): Exchange {
  return createExchange([bytes], { headers: { "content-encoding": "gzip" } });
}

function encoded(pieces: readonly (string | Uint8Array)[], encoding: string): Body {
  return decodeBody(createExchange(pieces, { headers: { "content-encoding": encoding } }), "GET /");
}

/** All that the start of an encoded text says. */
function startOf(encoding: keyof typeof ENCODERS, bytes: Uint8Array): string {
  if (bytes.length === 0) return "";
  const decoded =
    encoding === "br"
      ? brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH })
      : unzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  return decoded.toString();
}

async function readToFailure(body: Body): Promise<{ text: string; reason: unknown }> {
  const chunks: Uint8Array[] = [];
  try {
    for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read()) chunks.push(chunk);
    return { text: Buffer.concat(chunks).toString(), reason: undefined };
  } catch (reason) {
    return { text: Buffer.concat(chunks).toString(), reason };
  }
}

async function read(body: Body): Promise<string> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
