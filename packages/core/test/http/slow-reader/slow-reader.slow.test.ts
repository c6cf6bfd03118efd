import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import { startHttpProxy, startSocksProxy } from "../../proxies.ts";
import { startServer, type TestServer } from "../../servers.ts";

/** A read of one answer in the child process. */
interface Case {
  readonly origin: string;
  readonly path: string;
  readonly reader: Reader;
  readonly proxy?: string;
  readonly dispatcher?: true;
}

/** What a case came to. */
interface Outcome {
  /** Of the text that was read. */
  readonly length: number;
  readonly hash: string;
  /** "whole", or the code of the error. */
  readonly end: string;
}

type Reader = keyof typeof BODIES;

/** How the server ends an answer. */
interface End {
  readonly head: string;
  readonly isChunked?: boolean;
  /** Whether something of the answer is missing. */
  readonly isCut?: boolean;
  finish(socket: Socket): Promise<void> | void;
}

// hundreds of megabytes in all
vi.setConfig({ testTimeout: 120_000 });

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL("read-cases.mjs", import.meta.url));
const AUTHORITY = fileURLToPath(new URL("../../fixtures/certificate.pem", import.meta.url));
const KiB = 1024;

/** Text that no encoding makes much shorter. */
const NOISE = noise(1024 * KiB);
const BODIES = {
  events: (length: number) => {
    const events = pieces(length).map((piece) => `data: ${piece}\n\n`);
    return {
      type: "text/event-stream",
      body: `${events.join("")}data: [DONE]\n\n`,
      read: `${NOISE.slice(0, length)}[DONE]`,
    };
  },
  json: (length: number) => {
    const body = JSON.stringify({ text: NOISE.slice(0, length) });
    return { type: "application/json", body, read: body };
  },
  lines: (length: number) => {
    const lines = ["[]", ...pieces(length)];
    return { type: "application/x-ndjson", body: lines.join("\n"), read: lines.join("") };
  },
  bytes: (length: number) => {
    const body = `:${NOISE.slice(0, length)}`;
    return { type: "text/plain", body, read: body };
  },
  text: (length: number) => {
    const body = `:${NOISE.slice(0, length)}`;
    return { type: "text/plain", body, read: body };
  },
};
const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const ENCODERS: Readonly<Record<string, (body: string) => Buffer>> = {
  identity: (body) => Buffer.from(body),
  gzip: (body) => gzipSync(body, { level: 1 }),
  br: (body) => brotliCompressSync(body, fast),
  deflate: (body) => deflateSync(body, { level: 1 }),
  "gzip, br": (body) => brotliCompressSync(gzipSync(body, { level: 1 }), fast),
};

const closing = (socket: Socket): void => void socket.end();
const leaving = (): void => {};
const resetting = async (socket: Socket): Promise<void> => {
  // what the reader's side takes has arrived by then
  await delay(30);
  socket.resetAndDestroy();
};
const ENDS: Readonly<Record<string, End>> = {
  "FIN, no length": { head: "HTTP/1.1 200 OK\r\n", finish: closing },
  "FIN, connection: close": { head: "HTTP/1.1 200 OK\r\nconnection: close\r\n", finish: closing },
  "FIN, HTTP/1.0": { head: "HTTP/1.0 200 OK\r\n", finish: closing },
  "FIN after a length": { head: "HTTP/1.1 200 OK\r\ncontent-length: LENGTH\r\n", finish: closing },
  "FIN after the last chunk": {
    head: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n",
    isChunked: true,
    finish: (socket) => void socket.end("0\r\n\r\n"),
  },
  "FIN after the last chunk, connection: close": {
    head: "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n",
    isChunked: true,
    finish: (socket) => void socket.end("0\r\n\r\n"),
  },
  "a length, kept alive": { head: "HTTP/1.1 200 OK\r\ncontent-length: LENGTH\r\n", finish: leaving },
  "the last chunk, kept alive": {
    head: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n",
    isChunked: true,
    finish: (socket) => void socket.write("0\r\n\r\n"),
  },
  "FIN inside chunks": {
    head: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n",
    isChunked: true,
    isCut: true,
    finish: closing,
  },
  "FIN inside a length": {
    head: "HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n",
    isCut: true,
    finish: closing,
  },
  "RST inside chunks": {
    head: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n",
    isChunked: true,
    isCut: true,
    finish: resetting,
  },
  "RST inside a length": {
    head: "HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n",
    isCut: true,
    finish: resetting,
  },
};
/** The last chunk is missing for ever; only a reader who knows an end marker gets to an end. */
const OPEN_END: End = {
  head: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n",
  isChunked: true,
  finish: leaving,
};

const SMALL_STEPS = Array.from({ length: 33 }, (_, step) => step * 32 * KiB);
const LARGE_STEPS = [0, 48, 64, 96, 128, 160, 192, 256, 320, 512, 1024].map((kib) => kib * KiB);

test.each(Object.entries({ ...ENDS, "an end marker, and open": OPEN_END }))(
  "events that wait in any amount are all read, and a cut is told: %s",
  async (end) => {
    const server = await startBodies();

    await expectAll(SMALL_STEPS.map((length) => caseOf(server, "events", end, length)));
  },
);

test.each(Object.entries(ENDS))("a whole body that waits in any amount is read: %s", async (end) => {
  const server = await startBodies();

  await expectAll(
    LARGE_STEPS.flatMap((length) =>
      (["json", "text", "lines", "bytes"] as const).map((reader) => caseOf(server, reader, end, length)),
    ),
  );
});

test.each(Object.keys(ENCODERS).slice(1))("what waits in %s is all read", async (encoding) => {
  const server = await startBodies();

  await expectAll(
    Object.keys(ENDS).flatMap((end) =>
      LARGE_STEPS.map((length) => caseOf(server, "events", end, length, encoding)),
    ),
  );
});

test.each([
  ["TLS", "https", undefined],
  ["an HTTP proxy", "http", () => startHttpProxy()],
  ["an HTTP proxy, with TLS", "https", () => startHttpProxy()],
  ["an HTTPS proxy", "http", () => startHttpProxy(200, { certificate: "certificate" })],
  ["an HTTPS proxy, with TLS", "https", () => startHttpProxy(200, { certificate: "certificate" })],
  ["a SOCKS proxy", "http", () => startSocksProxy()],
  ["a SOCKS proxy, with TLS", "https", () => startSocksProxy()],
])("what waits behind %s is all read", async (name, scheme, startProxy) => {
  const server = await startBodies(scheme === "https" ? "certificate" : undefined);
  const port = (await startProxy?.())?.port;
  const kind = name.includes("SOCKS") ? "socks5" : name.includes("HTTPS") ? "https" : "http";
  const proxy = port === undefined ? {} : { proxy: `${kind}://localhost:${port}` };

  // a TLS socket cannot be reset
  const ends = Object.keys(ENDS).filter((end) => scheme === "http" || !end.startsWith("RST"));
  await expectAll(
    ends.flatMap((end) =>
      LARGE_STEPS.map((length) => ({ ...caseOf(server, "events", end, length), ...proxy })),
    ),
  );
});

test("what waits behind a dispatcher of the caller's is all read", async () => {
  const server = await startBodies();

  await expectAll(
    Object.keys(ENDS).flatMap((end) =>
      LARGE_STEPS.map((length) => ({ ...caseOf(server, "events", end, length), dispatcher: true as const })),
    ),
  );
});

/** A server whose paths say what it answers, and how the answer ends. */
function startBodies(certificate?: string): Promise<TestServer> {
  return startServer(
    async ({ socket, path }) => {
      const { reader, end, length, encoding } = JSON.parse(decodeURIComponent(path.slice(1)));
      const { head, isChunked = false, finish } = endOf(end);
      const { type, body } = BODIES[reader as Reader](length);
      const bytes = ENCODERS[encoding]?.(body) ?? Buffer.alloc(0);
      socket.write(head.replace("LENGTH", String(bytes.length)));
      socket.write(`content-type: ${type}\r\ncontent-encoding: ${encoding}\r\n\r\n`);
      if (isChunked) socket.write(`${bytes.length.toString(16)}\r\n`);
      await new Promise((resolve) => socket.write(isChunked ? Buffer.concat([bytes, CRLF]) : bytes, resolve));
      await finish(socket);
    },
    { certificate },
  );
}

const CRLF = Buffer.from("\r\n");

function endOf(name: string): End {
  return ENDS[name] ?? OPEN_END;
}

function caseOf(
  { origin }: TestServer,
  reader: Reader,
  end: string,
  length: number,
  encoding = "identity",
): Case {
  const path = `/${encodeURIComponent(JSON.stringify({ reader, end, length, encoding }))}`;
  return { origin: origin.replace("127.0.0.1", "localhost"), path, reader };
}

/** Reads the cases in a process of its own, which has to end well, and compares what came with what was sent. */
async function expectAll(cases: readonly Case[]): Promise<void> {
  const { stdout, stderr } = await run(process.execPath, [CHILD, JSON.stringify(cases)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: AUTHORITY },
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  const outcomes = JSON.parse(stdout) as readonly Outcome[];
  const problems = cases.flatMap((one, index) => problemOf(one, outcomes[index] as Outcome) ?? []);

  expect(problems).toEqual([]);
  expect(stderr).toBe("");
  expect(outcomes).toHaveLength(cases.length);
}

function problemOf(
  { path, reader }: Case,
  { length: seen, hash, end: seenEnd }: Outcome,
): string | undefined {
  const { end, length } = JSON.parse(decodeURIComponent(path.slice(1)));
  const { isCut = false, finish } = endOf(end);
  const { read } = BODIES[reader](length);
  const isWhole = seen === read.length && seenEnd === "whole";
  const problem = `${path}: ${seenEnd}, ${seen} of ${read.length} characters`;
  if (createHash("sha1").update(read.slice(0, seen)).digest("hex") !== hash) return `${problem}, and others`;
  // an event marks the end of its answer itself
  if (isCut && reader !== "events") return seenEnd === "interrupted" ? undefined : problem;
  // what had not left the server is lost by a reset
  const isLost = finish === resetting && length > 64 * KiB && seenEnd === "interrupted";
  return isWhole || isLost ? undefined : problem;
}

/** The body in pieces of about 1 KiB. */
function pieces(length: number): string[] {
  return Array.from({ length: Math.ceil(length / KiB) }, (_, at) =>
    NOISE.slice(at * KiB, Math.min(length, (at + 1) * KiB)),
  );
}

/** The same pseudo-random letters at each call. */
function noise(length: number): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = letters.charCodeAt(state >>> 26);
  }
  return bytes.toString("latin1");
}
