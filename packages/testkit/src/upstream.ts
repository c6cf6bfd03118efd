import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { loadText } from "./fixture.ts";
import { joinFields } from "./http-message.ts";
import { trackSockets } from "./open-sockets.ts";
import { bodyReply, RETRY_AFTER, type Reply } from "./reply.ts";

/**
 * How a stand-in behaves until told otherwise.
 *
 * `abuse` is PizzaGPT's refusal; `challenge` a Cloudflare page with status 200; `rate-limit` 429 with a
 * `Retry-After`; `server-error` the site's own 500; `silent` accepts and never answers; `expired-nonce` and
 * `expired-token` refuse what the client holds, once; `cut` resets the connection in the middle of an answer;
 * `slow` pauses behind each piece of one; `empty` answers without any text.
 */
export type Behaviour =
  | "ok"
  | "abuse"
  | "challenge"
  | "rate-limit"
  | "server-error"
  | "silent"
  | "expired-nonce"
  | "expired-token"
  | "cut"
  | "slow"
  | "empty";

/** One stand-in: a server on its own loopback origin. */
export interface Upstream {
  readonly baseURL: string;
  /** Every request it received, in order. */
  readonly requests: readonly UpstreamRequest[];
  behave(behaviour: Behaviour): void;
  /** How many connections are open at present. */
  openSockets(): number;
  /** Resolves when no connection is open. */
  closed(): Promise<void>;
}

/** One request as a stand-in received it. */
export interface UpstreamRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Lower-case names; several values are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded as UTF-8. */
  readonly body: string;
  /** The client left before it had the whole answer. */
  readonly aborted: boolean;
}

/** What a site sees of a request, beside the request itself. */
export interface SiteRequest extends UpstreamRequest {
  readonly url: URL;
  /** The stand-in's own. */
  readonly origin: string;
  readonly behaviour: Behaviour;
  /** Whether this behaviour is asked for; it then ends. */
  once(behaviour: Behaviour): boolean;
}

/** The protocol of one site. */
export interface Site {
  /** The path of the base URL. @default "" */
  readonly basePath?: string | undefined;
  answer(request: SiteRequest): Reply | Promise<Reply>;
  /** @default a plain 500 */
  readonly serverError?: Reply | undefined;
  /** @default a plain 429 */
  readonly rateLimit?: Reply | undefined;
}

/** An upstream that can be shut down. */
export interface RunningUpstream extends Upstream {
  close(): Promise<void>;
}

/** An answer in one piece is cut into so many where it is to be slow or cut. */
const PIECES = 6;
/** What was sent before a reset must have been read by then. */
const BEFORE_RESET_MS = 20;

/** Starts a site on an ephemeral port of 127.0.0.1; a slow one pauses for `pieceMs`. */
export async function startUpstream(site: Site, pieceMs: number): Promise<RunningUpstream> {
  const requests: UpstreamRequest[] = [];
  let behaviour: Behaviour = "ok";

  const server = createServer(async (incoming, response) => {
    const request = { ...(await readRequest(incoming)), aborted: false };
    requests.push(request);
    const cut = behaviour === "cut";
    response.once("close", () => {
      request.aborted = !response.writableFinished && !cut;
    });
    if (behaviour === "silent") return;
    await write(response, await replyTo(request), behaviour, pieceMs);
  });

  function replyTo(request: UpstreamRequest): Reply | Promise<Reply> {
    if (behaviour === "challenge") return challenge();
    if (behaviour === "rate-limit") return site.rateLimit ?? rateLimit();
    if (behaviour === "server-error")
      return site.serverError ?? bodyReply("Internal Server Error", "text/plain", 500);
    const once = (asked: Behaviour): boolean => {
      const found = behaviour === asked;
      if (found) behaviour = "ok";
      return found;
    };
    return site.answer({ ...request, url: new URL(request.path, origin), origin, behaviour, once });
  }

  const sockets = trackSockets(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    baseURL: origin + (site.basePath ?? ""),
    requests,
    behave: (wanted) => {
      behaviour = wanted;
    },
    openSockets: () => sockets.count,
    closed: sockets.closed,
    close: async () => {
      if (!server.listening) return;
      const stopped = once(server, "close");
      server.close();
      sockets.destroy();
      await Promise.all([stopped, sockets.closed()]);
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<Omit<UpstreamRequest, "aborted">> {
  const bytes: Buffer[] = [];
  try {
    for await (const chunk of incoming) bytes.push(chunk);
  } catch {
    // the client left in the middle of its request, which is then recorded as far as it came
  }
  const { method = "", url: path = "", rawHeaders } = incoming;
  const fields = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""] as const] : [],
  );
  return { method, path, headers: joinFields(fields), body: Buffer.concat(bytes).toString("utf8") };
}

async function write(
  response: ServerResponse,
  reply: Reply,
  behaviour: Behaviour,
  pieceMs: number,
): Promise<void> {
  const disturbed = reply.cutAfter !== undefined && (behaviour === "cut" || behaviour === "slow");
  const chunks = disturbed && reply.chunks.length === 1 ? reply.chunks.flatMap(cutIntoPieces) : reply.chunks;
  const cutAfter = chunks === reply.chunks ? reply.cutAfter : PIECES / 2;

  response.writeHead(reply.status, reply.reason, reply.fields.flat());
  for (const [index, chunk] of chunks.entries()) {
    if (disturbed && behaviour === "cut" && index === cutAfter) {
      await delay(BEFORE_RESET_MS);
      response.socket?.resetAndDestroy();
    }
    if (response.destroyed) return;
    await new Promise<void>((resolve) => response.write(chunk, () => resolve()));
    await (disturbed && behaviour === "slow" ? delay(pieceMs) : nextTurn());
  }
  response.end();
}

function cutIntoPieces(bytes: Buffer): Buffer[] {
  const size = Math.ceil(bytes.length / PIECES);
  return Array.from({ length: PIECES }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

function challenge(): Reply {
  return bodyReply(loadText("synthetic-challenge.html"), "text/html; charset=UTF-8", 200, {
    Server: "cloudflare",
  });
}

function rateLimit(): Reply {
  return bodyReply("Too Many Requests", "text/plain", 429, { "Retry-After": RETRY_AFTER });
}
