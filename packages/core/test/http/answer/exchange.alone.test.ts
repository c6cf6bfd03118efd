import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { Agent } from "undici";
import { expect, test, vi } from "vitest";
import type { ChatErrorCode } from "../../../src/errors/error-codes.ts";
import type { HttpClient, HttpResponse } from "../../../src/http/types.ts";
import {
  collect,
  createToy,
  FINISH,
  failureOf,
  guarded,
  messages,
  reasonOf,
  until,
} from "../../providers.ts";
import {
  answer,
  chunk,
  chunkedHead,
  createClient,
  LAST_CHUNK,
  startAnswering,
  startServer,
  startSockets,
  type TestServer,
} from "../../servers.ts";

const OK = answer("{}");

test.each<[string, string | Buffer]>([
  ["an unsolicited 100", "HTTP/1.1 100 Continue\r\n\r\n"],
  ["an unsolicited 101", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
  ["garbage", "garbage, garbage\r\n\r\n"],
  ["an SSH banner", "SSH-2.0-OpenSSH_9.6\r\n"],
  ["a bare line feed", "HTTP/1.1 200 OK\ncontent-length: 2\n\n{}"],
  ["a NUL in a header", "HTTP/1.1 200 OK\r\nx: \0\r\ncontent-length: 2\r\n\r\n{}"],
  ["a large head", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(17 * 1024)}\r\n\r\n`],
  ["ten thousand headers", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(10_000)}\r\n`],
  ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} "],
  [
    "a length and chunks",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
  ],
  ["a broken chunk size", `${chunkedHead("application/json")}${chunk('{"a":')}zz\r\n`],
])("%s is a protocol error", async (_, bytes) => {
  const server = await startAnswering(bytes);

  expect((await failureOf(readJson(createClient(server)))).code).toBe("protocol");
  expect(server.requests).toHaveLength(1);
});

test("interim answers and early hints are passed over", async () => {
  const server = await startAnswering("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n", OK);

  expect(await readJson(createClient(server))).toEqual({});
});

const HEAD_OF_50 = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n";
const HEAD_OF_8 = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n";
const HEAD_UNTIL_CLOSE = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";

test.each<[string, string, "end" | "resetAndDestroy", ChatErrorCode]>([
  ["FIN before the head", "", "end", "network"],
  ["RST before the head", "", "resetAndDestroy", "network"],
  ["FIN after the head", HEAD_OF_50, "end", "network"],
  ["FIN inside chunks", chunkedHead("application/json") + chunk('{"a":'), "end", "interrupted"],
  ["RST inside chunks", chunkedHead("application/json") + chunk('{"a":'), "resetAndDestroy", "interrupted"],
  ["FIN before the stated length", `${HEAD_OF_50}{"a":`, "end", "interrupted"],
  ["a length that is too short", `${HEAD_OF_8}{"a":"an answer"}`, "end", "interrupted"],
  ["FIN of a body without length", `${HEAD_UNTIL_CLOSE}{"a":`, "end", "interrupted"],
])("%s is told, and not tried again", async (_, bytes, end, code) => {
  const server = await startServer(({ socket }) => {
    socket.write(bytes, () => setTimeout(() => socket[end](), 5));
  });

  const error = await failureOf(readJson(createClient(server)));

  expect(error).toMatchObject({ code, provider: "toy" });
  expect(server.connections).toBe(1);
});

test("a body without length may end with the connection", async () => {
  const server = await startServer(({ socket }) => socket.end(`${HEAD_UNTIL_CLOSE}{"a":1}`));

  expect(await readJson(createClient(server))).toEqual({ a: 1 });
});

test.each(["http", "https"])("an %s connection that is refused is a network failure", async (scheme) => {
  const http = createClient({ origin: `${scheme}://127.0.0.1:1` });

  expect(await failureOf(http({ path: "/" }))).toMatchObject({ code: "network", phase: "connect" });
});

test.each(["certificate", "certificate-expired", "certificate-wrong-name"])(
  "a server with %s that nobody vouches for is a TLS failure",
  async (certificate) => {
    const server = await startServer(({ socket }) => socket.write(OK), { certificate });

    const error = await failureOf(createClient(server)({ path: "/" }));

    expect(error).toMatchObject({ code: "tls", phase: "connect" });
    expect(server.requests).toHaveLength(0);
  },
);

test("TLS to a plain server is a TLS failure, and HTTP to a TLS server is a network failure", async () => {
  const plain = await startSockets((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const secure = await startServer(() => {}, { certificate: "certificate" });

  const toPlain = await failureOf(
    createClient({ origin: plain.origin.replace("http:", "https:") })({ path: "/" }),
  );
  const toSecure = await failureOf(
    createClient({ origin: secure.origin.replace("https:", "http:") })({ path: "/" }),
  );

  expect([toPlain.code, toSecure.code]).toEqual(["tls", "network"]);
});

test("a connection that does not stand in time is a timeout by our timer, and is closed", async () => {
  const server = await startSockets((socket) => socket.resume());
  const http = createClient({ origin: `https://127.0.0.1:${server.port}` }, { timeouts: { connectMs: 30 } });
  const started = performance.now();

  const error = await failureOf(http({ path: "/" }));

  expect(error).toMatchObject({ code: "timeout", phase: "connect" });
  expect(performance.now() - started).toBeLessThan(200);
  await until(() => server.open === 0);
});

test("only a request that opens a connection sets a timer for it", async () => {
  const server = await startAnswering(OK);
  const http = createClient(server, { timeouts: { connectMs: 4_321 } });
  const timers = vi.spyOn(globalThis, "setTimeout");

  for (let call = 0; call < 10; call++) await (await http({ path: "/" })).text();
  const set = timers.mock.calls.filter(([, delay]) => delay === 4_321);
  timers.mockRestore();

  expect(set).toHaveLength(server.connections);
  expect(server.connections).toBeLessThan(5);
});

test("a dispatcher of the caller's that opens nothing is a timeout too", async () => {
  const dispatcher = new Agent({ connect: () => {} });
  const http = createClient({ origin: "https://toy.example" }, { dispatcher, timeouts: { connectMs: 30 } });

  const error = await failureOf(http({ path: "/" }));

  expect(error).toMatchObject({ code: "timeout", phase: "connect" });
});

test("a connect timeout of 0 is none, and a huge one does not fire at once", async () => {
  const server = await startAnswering(OK);

  for (const connectMs of [0, 1e12]) {
    expect(await readJson(createClient(server, { timeouts: { connectMs } }))).toEqual({});
  }
});

test("a body that was read lets its connection be used again", async () => {
  const server = await startServer(({ socket, index }) => {
    socket.write(index % 2 === 0 ? OK : `${chunkedHead()}${chunk("data: [DONE]\n\n")}${LAST_CHUNK}`);
  });
  const http = createClient(server);

  for (let count = 0; count < 2; count++) {
    await readJson(http);
    await idle();
    await readToMarker(http);
    await idle();
  }

  expect(server.requests).toHaveLength(4);
  expect(server.connections).toBe(1);
});

test("an end marker ends the reading, and a socket that stays open after it is closed soon", async () => {
  const server = await startAnswering(chunkedHead(), chunk("data: x\n\ndata: [DONE]\n\n"));
  const http = createClient(server);

  expect(await readToMarker(http)).toEqual(["x"]);
  expect(server.open).toBe(1);

  await until(() => server.open === 0);
});

test("a POST on an idle connection that the server has closed is sent once more, on a fresh one", async () => {
  const server = await startServer(({ socket, index }) => {
    if (index === 1) socket.resetAndDestroy();
    else socket.write(OK);
  });
  const http = createClient(server);
  await readJson(http);
  await idle();

  expect(await readJson(http, "POST")).toEqual({});
  expect(server.requests.map(({ method }) => method)).toEqual(["GET", "POST", "POST"]);
  expect(server.connections).toBe(2);
});

test("a POST is sent once more at most", async () => {
  const server = await startServer(({ socket, index }) => {
    if (index > 0) socket.resetAndDestroy();
    else socket.write(OK);
  });
  const http = createClient(server);
  await readJson(http);
  await idle();

  expect((await failureOf(readJson(http, "POST"))).code).toBe("network");
  expect(server.requests).toHaveLength(3);
});

test("a broken answer on a connection that was used before is an answer, so nothing is sent again", async () => {
  const server = await startServer(({ socket, index }) => {
    socket.write(index === 0 ? OK : "garbage\r\n\r\n");
  });
  const http = createClient(server);
  await readJson(http);
  await idle();

  expect((await failureOf(readJson(http, "POST"))).code).toBe("protocol");
  expect(server.requests).toHaveLength(2);
});

test.each<[string, (http: HttpClient) => Promise<unknown>]>([
  ["json", (http) => readJson(http)],
  ["text", async (http) => (await http({ path: "/" })).text()],
  ["events", async (http) => collect((await http({ path: "/" })).events())],
])("a bomb of gzip ends %s() at the limit of decoded bytes, and its socket", async (_, read) => {
  const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024, "\n"));
  const server = await startAnswering(
    answer(bomb, { headers: { "content-encoding": "gzip", "content-length": String(bomb.length + 1) } }),
  );
  const limit = 1024 * 1024;
  const http = createClient(server, { limits: { jsonBytes: limit, pageBytes: limit, streamBytes: limit } });
  const before = process.memoryUsage().rss;

  expect((await failureOf(read(http))).code).toBe("limit");
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  await until(() => server.open === 0);
});

test.each([
  ["truncated", gzipSync("an answer".repeat(100)).subarray(0, 20), "gzip", "interrupted"],
  ["corrupt", Buffer.from("not gzip at all"), "gzip", "protocol"],
  ["unknown", Buffer.from("{}"), "zstd", "protocol"],
])("an encoding that is %s is told", async (_, bytes, encoding, code) => {
  const server = await startAnswering(answer(bytes, { headers: { "content-encoding": encoding } }));

  expect(await failureOf(readJson(createClient(server)))).toMatchObject({ code, provider: "toy" });
});

test("compressed events are read as they come", async () => {
  const server = await startServer(async ({ socket }) => {
    const { createGzip, constants } = await import("node:zlib");
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n\r\n");
    gzip.pipe(socket);
    gzip.write("data: x\n\n");
  });

  const response = await createClient(server)({ path: "/" });
  const events = response.events()[Symbol.asyncIterator]();

  expect((await events.next()).value).toEqual({ event: "message", data: "x" });
  await events.return?.();
});

const KiB = 1024;
const PIECE = `data: ${"x".repeat(KiB - 8)}\n\n`;

test("a server that sends faster than it is read is held back, and loses nothing", async () => {
  const { server, sent } = await startFlood(32 * 1024);
  const response = await createClient(server)({ path: "/" });

  await until(() => sent() > 64 * KiB);
  await settled(sent);

  expect(sent()).toBeLessThan(16 * KiB * KiB);
  expect(await sizeOf(response)).toBe(32 * 1024);
});

test("behind a dispatcher of the caller's a reader who is too far behind gets what waits, then a limit", async () => {
  const { server, sent } = await startFlood(32 * 1024);
  const dispatcher = new Agent();
  const http = createClient(server, { dispatcher, limits: { streamBytes: 4 * KiB * KiB } });
  const response = await http({ path: "/" });
  await until(() => server.open === 0);
  let count = 0;

  const error = await failureOf(
    (async () => {
      for await (const group of response.eventGroups({ cumulative: true })) count += group.length;
    })(),
  );

  expect(error).toMatchObject({ code: "limit", provider: "toy" });
  expect(error.message).toContain("ahead of its reader");
  expect(count).toBeGreaterThanOrEqual(4 * 1024);
  expect(sent()).toBeLessThan(16 * KiB * KiB);
});

test("behind a dispatcher of the caller's a reader who keeps up reads more than may wait", async () => {
  const server = await startServer(({ socket }) => void socket.write(chunkedHead()));
  const dispatcher = new Agent();
  const http = createClient(server, { dispatcher, limits: { streamBytes: 128 * KiB } });
  const groups = (await http({ path: "/" })).eventGroups({ cumulative: true })[Symbol.asyncIterator]();
  const event = chunk(`data: ${"x".repeat(32 * KiB)}\n\n`);

  for (let round = 0; round < 8; round++) {
    server.requests[0]?.socket.write(event);
    // it comes while nobody waits for it
    await delay(10);
    expect((await groups.next()).value).toHaveLength(1);
  }

  await groups.return?.();
  await dispatcher.destroy();
});

test("an answer that ends while its reader is behind holds back nothing of the next on its connection", async () => {
  const server = await startAnswering(
    answer(PIECE.repeat(100), { headers: { "content-type": "text/event-stream" } }),
  );
  const http = createClient(server);

  for (let count = 0; count < 3; count++) {
    const response = await http({ path: "/" });
    await idle();
    expect(await sizeOf(response)).toBe(100);
    await idle();
  }

  expect(server.connections).toBe(1);
});

test("what a held connection had read before it was reset is given", async () => {
  const server = await startServer(({ socket }) => {
    socket.write(chunkedHead() + chunk(PIECE.repeat(100)), () =>
      setTimeout(() => socket.resetAndDestroy(), 20),
    );
  });
  const response = await createClient(server)({ path: "/" });
  await until(() => server.open === 0);
  // the reset is on its way
  await new Promise((resolve) => setTimeout(resolve, 20));
  let count = 0;

  const error = await failureOf(
    (async () => {
      for await (const _ of response.events()) count++;
    })(),
  );

  expect(error.code).toBe("interrupted");
  expect(count).toBe(100);
});

/** A server that sends so many events of 1 KiB as fast as they are taken. */
async function startFlood(count: number): Promise<{ server: TestServer; sent: () => number }> {
  let written = 0;
  const server = await startServer(({ socket }) => {
    socket.write(chunkedHead());
    const piece = chunk(PIECE.repeat(64));
    const write = (): void => {
      while (written < count / 64) {
        written++;
        if (!socket.write(piece)) return;
      }
      socket.end(LAST_CHUNK);
    };
    socket.on("drain", write);
    write();
  });
  return { server, sent: () => written * 64 * KiB };
}

/** Resolves when this number stands still. */
async function settled(value: () => number): Promise<void> {
  for (let before = -1; before !== value(); ) {
    before = value();
    // the server gets time to send as much as the client lets it
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function sizeOf(response: HttpResponse): Promise<number> {
  let count = 0;
  for await (const _ of response.events()) count++;
  return count;
}

const silentTls = async () => {
  const server = await startSockets((socket) => socket.resume());
  return { server, origin: `https://127.0.0.1:${server.port}` };
};
const answeringWith = async (bytes: string) => {
  const server = await startAnswering(bytes);
  return { server, origin: server.origin };
};

test.each([
  ["while connecting", silentTls],
  ["while waiting for the head", () => answeringWith("")],
  ["in the middle of the head", () => answeringWith("HTTP/1.1 200 OK\r\nx:")],
  ["in the middle of an error body", () => answeringWith("HTTP/1.1 500 Oops\r\ncontent-length: 9\r\n\r\nx")],
  ["in the middle of a JSON body", () => answeringWith(`${HEAD_OF_50}{"a":`)],
  ["in the middle of a page", () => answeringWith(`${HEAD_OF_50}<html>`)],
])("an abort %s rejects at once with the caller's reason and closes the socket", async (_, start) => {
  const { server, origin } = await start();
  const http = createClient({ origin });
  await failureOf(createClient(await startAnswering(answer("", { status: 500 })))({ path: "/" }));
  const controller = new AbortController();
  const reason = { because: "I say so" };
  const timers = countOf("Timeout");
  const reading = reasonOf(
    http({ path: "/", signal: controller.signal }).then((response) => response.json()),
  );
  await until(() => server.open === 1);
  // the head of the answer has to arrive, and the server cannot see that it did
  await new Promise((resolve) => setTimeout(resolve, 15));
  const aborted = performance.now();

  controller.abort(reason);

  expect(await reading).toBe(reason);
  expect(performance.now() - aborted).toBeLessThan(50);
  await until(() => server.open === 0);
  expect(countOf("Timeout")).toBeLessThanOrEqual(timers);
  expect(server.connections).toBe(1);
});

test("an abort before the call opens nothing", async () => {
  const server = await startAnswering(OK);

  const reason = await reasonOf(createClient(server)({ path: "/", signal: AbortSignal.abort("gone") }));

  expect(reason).toBe("gone");
  expect(server.connections).toBe(0);
});

test("an abort ends one call and leaves the others on the same client alone", async () => {
  const server = await startServer(({ path, socket }) => {
    setTimeout(() => socket.write(OK), path === "/slow" ? 60 : 20);
  });
  const http = createClient(server);
  const controller = new AbortController();
  const slow = reasonOf(http({ path: "/slow", signal: controller.signal }));
  const quick = readJson(http);

  setTimeout(() => controller.abort("gone"), 5);

  expect(await slow).toBe("gone");
  expect(await quick).toEqual({});
});

test.each([
  ["says nothing", ""],
  ["says nothing after its head", chunkedHead()],
  ["sends pings for ever", `${chunkedHead()}${chunk(": ping\n\n")}`],
  ["sends interim answers for ever", "HTTP/1.1 102 Processing\r\n\r\n"],
])("a server that %s is ended by the guard's timer, and its socket is closed", async (_, bytes) => {
  const server = await startServer(({ socket }) => {
    socket.write(bytes);
    const again = bytes.endsWith("ping\n\n\r\n")
      ? chunk(": ping\n\n")
      : bytes.startsWith("HTTP/1.1 102")
        ? bytes
        : "";
    const timer = setInterval(() => again !== "" && socket.write(again), 5);
    socket.on("close", () => clearInterval(timer));
  });
  const http = createClient(server);
  const provider = createToy(async function* ({ signal }) {
    for await (const { data } of (await http({ path: "/", signal })).events()) {
      yield { type: "text-delta", delta: data };
    }
    yield FINISH;
  });

  const error = await failureOf(collect(guarded(provider, { messages, timeouts: { firstChunkMs: 60 } })));

  expect(error).toMatchObject({
    code: "timeout",
    phase: bytes.startsWith("HTTP/1.1 200") ? "preamble" : "headers",
  });
  await until(() => server.open === 0);
});

test("leaving a guarded call in mid-stream closes its socket at once", async () => {
  const server = await startAnswering(chunkedHead(), chunk("data: x\n\n"));
  const http = createClient(server);
  const provider = createToy(async function* ({ signal }) {
    for await (const { data } of (await http({ path: "/", signal })).events()) {
      yield { type: "text-delta", delta: data };
    }
  });

  for await (const _ of guarded(provider, { messages })) break;

  await until(() => server.open === 0);
});

test("a guarded answer whose body ends after its marker leaves the connection to the next", async () => {
  const server = await startAnswering(chunkedHead(), chunk("data: x\n\ndata: [DONE]\n\n"), LAST_CHUNK);
  const http = createClient(server);
  const provider = createToy(async function* ({ signal }) {
    for (const delta of await readToMarker(http, signal)) yield { type: "text-delta", delta };
    yield FINISH;
  });

  for (let count = 0; count < 3; count++) {
    await collect(guarded(provider, { messages }));
    await idle();
  }

  expect(server.requests).toHaveLength(3);
  expect(server.connections).toBe(1);
});

async function readJson(http: HttpClient, method?: "POST"): Promise<unknown> {
  const response = await http({ method, path: "/", ...(method === undefined ? {} : { body: {} }) });
  return response.json();
}

async function readToMarker(http: HttpClient, signal?: AbortSignal): Promise<string[]> {
  const read: string[] = [];
  for await (const { data } of (await http({ path: "/", signal })).events()) {
    if (data === "[DONE]") break;
    read.push(data);
  }
  return read;
}

/** undici waits for a turn of the event loop before it uses a connection again. */
function idle(): Promise<void> {
  // undici has no event for it
  return new Promise((resolve) => setTimeout(resolve, 5));
}

function countOf(resource: string): number {
  return process.getActiveResourcesInfo().filter((name) => name === resource).length;
}
