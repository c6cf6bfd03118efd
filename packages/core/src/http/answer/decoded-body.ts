import { pipeline, Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { ChatError } from "../../errors/chat-error.ts";
import type { Exchange } from "./exchange.ts";

const DECODERS: Readonly<Record<Encoding, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
};

/** A content encoding that can be undone. */
export type Encoding = "gzip" | "x-gzip" | "br" | "deflate";

/** Decoded bytes of a body. */
export interface Body {
  /** The next bytes, `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Whether all of it was read; absent where only the next `read` tells. */
  isRead?(): boolean;
  /** Ends the exchange of a body that is not read to its end. */
  close(): void;
}

/** The body of an exchange with these encodings undone, the last first. */
export function createDecodedBody(exchange: Exchange, encodings: readonly Encoding[], what: string): Body {
  let failure: unknown;
  const decoders = encodings.toReversed().map((name) => DECODERS[name]());
  const last = pipeline([Readable.from(wireBytes(exchange)), ...decoders], (error) => {
    failure = error;
  }) as unknown as Readable;
  // the pipeline stops listening before the last decoder is read: without this, a broken body that nobody reads throws
  last.on("error", () => {});
  const chunks = last.iterator({ destroyOnReturn: true });
  return {
    async read() {
      try {
        const { value, done } = await chunks.next();
        return done ? undefined : value;
      } catch (error) {
        if (exchange.received === 0 && isCutEncoding(error)) return undefined;
        throw encodingFailure(failure ?? error, what);
      }
    },
    close() {
      exchange.close();
      last.destroy();
    },
  };
}

async function* wireBytes(exchange: Exchange): AsyncGenerator<Uint8Array> {
  for (let bytes = await exchange.read(); bytes !== undefined; bytes = await exchange.read()) yield bytes;
}

function isCutEncoding(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "Z_BUF_ERROR";
}

/** zlib numbers its errors; what has no such number came from the transport. */
function encodingFailure(error: unknown, what: string): unknown {
  if (isCutEncoding(error))
    return new ChatError("interrupted", `${what} ended in the middle of its encoding`, { cause: error });
  if (
    error instanceof Error &&
    "errno" in error &&
    "code" in error &&
    /^(Z_|ERR_)/.test(String(error.code))
  ) {
    return new ChatError("protocol", `${what} answered with a broken encoding`, { cause: error });
  }
  return error;
}
