import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
} from "node:zlib";

/** A content encoding of one server. */
interface Encoding {
  /** What the head says. */
  readonly header: string;
  /** Compresses a whole body. */
  encode(body: Buffer): Buffer;
  /** What the start of an encoded body holds. */
  decode(body: Buffer): Decoded;
}

/** What was decoded. */
interface Decoded {
  readonly body: Buffer;
  /** Whether the encoding has come to its end. */
  readonly isWhole: boolean;
}

type Undo = (body: Buffer, options?: ZlibOptions) => Buffer;

const FAST = { level: 1 };
const FAST_BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

const gzip: Encoding = {
  header: "gzip",
  encode: (body) => gzipSync(body, FAST),
  decode: decodeWith(gunzipSync, constants.Z_SYNC_FLUSH),
};
const br: Encoding = {
  header: "br",
  encode: (body) => brotliCompressSync(body, FAST_BROTLI),
  decode: decodeWith(brotliDecompressSync as Undo, constants.BROTLI_OPERATION_FLUSH),
};

/** The name of an encoding. */
export type EncodingName = "identity" | "gzip" | "br" | "deflate" | "raw deflate" | "gzip, br";

/** The encodings that a server may choose. */
export const ENCODINGS: Readonly<Record<EncodingName, Encoding>> = {
  identity: { header: "identity", encode: (body) => body, decode: (body) => ({ body, isWhole: true }) },
  gzip,
  br,
  deflate: {
    header: "deflate",
    encode: (body) => deflateSync(body, FAST),
    decode: decodeWith(inflateSync, constants.Z_SYNC_FLUSH),
  },
  "raw deflate": {
    header: "deflate",
    encode: (body) => deflateRawSync(body, FAST),
    decode: decodeWith(inflateRawSync, constants.Z_SYNC_FLUSH),
  },
  "gzip, br": {
    header: "gzip, br",
    encode: (body) => br.encode(gzip.encode(body)),
    decode(encoded) {
      const outer = br.decode(encoded);
      const inner = gzip.decode(outer.body);
      return { body: inner.body, isWhole: outer.isWhole && inner.isWhole };
    },
  },
};

function decodeWith(undo: Undo, finishFlush: number): Encoding["decode"] {
  return (body) => {
    // an empty body has no encoding
    if (body.length === 0) return { body, isWhole: true };
    try {
      return { body: undo(body), isWhole: true };
    } catch {
      return { body: undo(body, { finishFlush }), isWhole: false };
    }
  };
}
