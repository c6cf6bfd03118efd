import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { ChatError } from "../../errors/chat-error.ts";

/** A content encoding that can be undone. */
export type Encoding = "gzip" | "x-gzip" | "br" | "deflate";

/** Decoded bytes of a body. */
export interface Body {
  /** The next bytes, `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Whether all of it was read; absent where only the next `read` shows it. */
  isRead?(): boolean;
  /** Ends the exchange of a body that is not read to its end. */
  close(): void;
}

const DECODERS: { readonly [Name in Encoding]: (start: Uint8Array) => Transform } = {
  gzip: () => createGunzip(),
  "x-gzip": () => createGunzip(),
  br: () => createBrotliDecompress(),
  // some servers leave out zlib's header, whose first byte names the method
  deflate: ([first = 0]) => ((first & 0x0f) === 8 ? createInflate() : createInflateRaw()),
};

/** The body of an exchange with these encodings undone, the last first. */
export function createDecodedBody(exchange: Body, encodings: readonly Encoding[], what: string): Body {
  return encodings.reduceRight((body, encoding) => new DecodedBody(body, encoding, what), exchange);
}

/**
 * Gives a decoder one piece at a time, and the next when all that came of it was read: a piece may hold a thousand times
 * its length, and what a body gave before it broke off is given in front of the failure.
 */
class DecodedBody implements Body {
  private readonly source: Body;
  private readonly encoding: Encoding;
  private readonly what: string;
  /** Made for the first piece: an empty body has no encoding to break. */
  private decoder: Transform | undefined = undefined;
  /** Whether the decoder has nothing left of the last piece. */
  private isHungry = true;
  private atEnd = false;
  private failure: unknown = undefined;
  private wake: (() => void) | undefined = undefined;

  constructor(source: Body, encoding: Encoding, what: string) {
    this.source = source;
    this.encoding = encoding;
    this.what = what;
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes: Uint8Array | null = this.decoder?.read() ?? null;
      if (bytes !== null) return bytes;
      if (this.failure !== undefined) throw this.failure;
      if (this.atEnd) return undefined;
      if (this.isHungry) await this.feed();
      else await this.change();
    }
  }

  close(): void {
    this.atEnd = true;
    this.source.close();
    this.decoder?.destroy();
    this.wake?.();
  }

  private async feed(): Promise<void> {
    const bytes = await this.source.read();
    if (bytes?.length === 0 || this.atEnd) return;
    this.isHungry = false;
    if (bytes !== undefined) {
      this.decoder ??= this.createDecoder(bytes);
      this.decoder.write(bytes, () => {
        this.isHungry = true;
        this.wake?.();
      });
    } else if (this.decoder === undefined) this.atEnd = true;
    else this.decoder.end();
  }

  /** Resolves when the decoder gave something, took all, ended or failed. */
  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private createDecoder(start: Uint8Array): Transform {
    return DECODERS[this.encoding](start)
      .on("readable", () => this.wake?.())
      .on("end", () => {
        this.atEnd = true;
        this.wake?.();
      })
      .on("error", (error) => {
        this.failure = encodingFailure(error, this.what);
        this.wake?.();
      });
  }
}

/** What a decoder reports, as the failure that it means. */
function encodingFailure(error: Error & { readonly code?: string }, what: string): ChatError {
  return error.code === "Z_BUF_ERROR"
    ? new ChatError("interrupted", `${what} ended in the middle of its encoding`, { cause: error })
    : new ChatError("protocol", `${what} answered with a broken encoding`, { cause: error });
}
