import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { loadText } from "./fixture.ts";
import { joinFields } from "./http-message.ts";
import { trackSockets } from "./open-sockets.ts";
import { bodyReply, RETRY_AFTER, type Reply } from "./reply.ts";
import type { Behaviour, Site, UpstreamRequest } from "./site.ts";
import { writeReply } from "./write-reply.ts";

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

/** An upstream that can be shut down. */
export interface RunningUpstream extends Upstream {
  close(): Promise<void>;
}

type Writable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** Starts a site on an ephemeral port of 127.0.0.1; a slow one pauses for `pieceMs`. */
export async function startUpstream(site: Site, pieceMs: number): Promise<RunningUpstream> {
  const requests: UpstreamRequest[] = [];
  let behaviour: Behaviour = "ok";

  const server = createServer(async (incoming, response) => {
    const request = await readRequest(incoming);
    const asked = behaviour;
    requests.push(request);
    response.once("close", () => {
      request.aborted ||= !response.writableFinished && asked !== "cut";
    });
    if (request.aborted || asked === "silent") return;
    await writeReply(response, await replyTo(request), asked, pieceMs);
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

async function readRequest(incoming: IncomingMessage): Promise<Writable<UpstreamRequest>> {
  const bytes: Buffer[] = [];
  let aborted = false;
  try {
    for await (const chunk of incoming) bytes.push(chunk);
  } catch {
    // the request is recorded as far as it came
    aborted = true;
  }
  const { method = "", url: path = "", rawHeaders } = incoming;
  const fields = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""] as const] : [],
  );
  return { method, path, headers: joinFields(fields), body: Buffer.concat(bytes).toString("utf8"), aborted };
}

function challenge(): Reply {
  return bodyReply(loadText("synthetic-challenge.html"), "text/html; charset=UTF-8", 200, {
    Server: "cloudflare",
  });
}

function rateLimit(): Reply {
  return bodyReply("Too Many Requests", "text/plain", 429, { "Retry-After": RETRY_AFTER });
}
