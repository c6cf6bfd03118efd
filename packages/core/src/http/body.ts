import { pipeline, Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { ChatError } from "../errors.ts";
import { quote } from "../redact.ts";
import type { Exchange } from "./exchange.ts";

/** Decoded bytes of a body. */
export interface Body {
  /** The next bytes, `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  close(): void;
}

const DECODERS = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
};
/** No server needs more than one; more are an attempt to multiply work. */
const MOST_ENCODINGS = 2;

/** The body of an exchange with its content encodings undone; reading one in an unknown encoding is a `protocol` error. */
export function decodeBody(exchange: Exchange, what: string): Body {
  const close = (): void => exchange.close();
  const encodings = (exchange.headers["content-encoding"] ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity");
  if (encodings.length === 0) return { read: () => exchange.read(), close };

  const known = encodings.every((name) => Object.hasOwn(DECODERS, name));
  if (!known || encodings.length > MOST_ENCODINGS) {
    const problem = `${what} answered in the encoding ${quote(encodings.join(", "))}`;
    // not thrown here: a status that is no success says more
    const read = (): Promise<never> => {
      close();
      return Promise.reject(new ChatError("protocol", `${problem}, expected gzip, br or deflate`));
    };
    return { read, close };
  }
  let failure: unknown;
  const decoders = encodings.reverse().map((name) => DECODERS[name as keyof typeof DECODERS]());
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
      close();
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
