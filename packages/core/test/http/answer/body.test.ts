import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { decodeBody } from "../../../src/http/answer/body.ts";
import type { Body } from "../../../src/http/answer/decoded-body.ts";
import type { Exchange } from "../../../src/http/answer/exchange.ts";
import { failureOf, reasonOf } from "../../providers.ts";
import { createExchange } from "../exchanges.ts";

const TEXT = "an answer of some length 😀 ".repeat(2000);
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

async function read(body: Body): Promise<string> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
