import { ChatError } from "../../errors/chat-error.ts";
import { quote } from "../../errors/redact.ts";
import type { Body, Encoding } from "./decoded-body.ts";
import type { Exchange } from "./exchange.ts";

const ENCODINGS: readonly Encoding[] = ["gzip", "x-gzip", "br", "deflate"];
/** No server needs more than one; more are an attempt to multiply work. */
const MOST_ENCODINGS = 2;

/** The body of an exchange with its content encodings undone; reading one in an unknown encoding is a `protocol` error. */
export function decodeBody(exchange: Exchange, what: string): Body {
  const named = exchange.headers["content-encoding"];
  if (named === undefined) return exchange;
  const encodings = named
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity");
  if (encodings.length === 0) return exchange;

  if (!isKnown(encodings) || encodings.length > MOST_ENCODINGS) {
    const problem = `${what} answered in the encoding ${quote(encodings.join(", "))}`;
    // not thrown here: a status that is no success says more
    const read = (): Promise<never> => {
      exchange.close();
      return Promise.reject(new ChatError("protocol", `${problem}, expected gzip, br or deflate`));
    };
    return { read, close: () => exchange.close() };
  }
  let loading: Promise<Body> | undefined;
  return {
    async read() {
      // zlib is loaded with the first body that needs it
      loading ??= import("./decoded-body.ts").then(({ createDecodedBody }) =>
        createDecodedBody(exchange, encodings, what),
      );
      return (await loading).read();
    },
    close() {
      exchange.close();
      void loading?.then((body) => body.close());
    },
  };
}

function isKnown(encodings: readonly string[]): encodings is readonly Encoding[] {
  return encodings.every((name) => (ENCODINGS as readonly string[]).includes(name));
}
