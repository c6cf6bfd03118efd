import { once } from "node:events";
import { constants, createBrotliCompress, createGzip, gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import type { HttpClient } from "../src/http/types.ts";
import { collect, failureOf } from "./providers.ts";
import { answer, createClient, startServer, startSockets } from "./servers.ts";

const MiB = 1024 * 1024;
/** What reading one bomb may add to the memory of the process. */
const MOST_GROWTH = 64 * MiB;
const BOMB_MIB = 200;
const TIMEOUT_MS = 30_000;

const bombs = new Map<string, Buffer>();

/** 200 MB of one letter, packed. */
async function pack(packer: ReturnType<typeof createGzip | typeof createBrotliCompress>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  packer.on("data", (piece: Buffer) => pieces.push(piece));
  const block = Buffer.alloc(MiB, "a");
  for (let written = 0; written < BOMB_MIB; written++) {
    if (!packer.write(block)) await once(packer, "drain");
  }
  packer.end();
  await once(packer, "end");
  return Buffer.concat(pieces);
}

beforeAll(async () => {
  const gzip = await pack(createGzip({ level: constants.Z_BEST_SPEED }));
  bombs.set("gzip", gzip);
  bombs.set("gzip, gzip", gzipSync(gzip));
  const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  bombs.set("br", await pack(createBrotliCompress(fast)));
}, TIMEOUT_MS);

/** How much the memory of the process grew at most while this ran. */
async function growthOf(task: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 2);
  await task().finally(() => clearInterval(watch));
  return Math.max(peak, process.memoryUsage.rss()) - before;
}

test.each<[string, string, number, string, (http: HttpClient) => Promise<unknown>, string]>([
  ["a page", "gzip", 200, "text/html", async (http) => (await http({ path: "/" })).text(), "limit"],
  [
    "a page packed twice",
    "gzip, gzip",
    200,
    "text/html",
    async (http) => (await http({ path: "/" })).text(),
    "limit",
  ],
  ["JSON", "br", 200, "application/json", async (http) => (await http({ path: "/" })).json(), "limit"],
  [
    "events",
    "br",
    200,
    "text/event-stream",
    async (http) => collect((await http({ path: "/" })).events()),
    "limit",
  ],
  [
    "a page instead of JSON",
    "gzip",
    200,
    "text/html",
    async (http) => (await http({ path: "/" })).json(),
    "blocked",
  ],
  [
    "a page instead of events",
    "gzip",
    200,
    "text/html",
    async (http) => collect((await http({ path: "/" })).events()),
    "blocked",
  ],
  ["an error", "gzip", 500, "text/html", (http) => http({ path: "/" }), "server"],
])(
  "200 MB of %s in %s end early, in little memory",
  async (_, encoding, status, type, read, code) => {
    const headers = { "content-type": type, "content-encoding": encoding };
    const bytes = answer(bombs.get(encoding) ?? "", { status, headers });
    const server = await startServer(({ socket }) => socket.write(bytes));
    const http = createClient(server);

    const growth = await growthOf(async () => expect((await failureOf(read(http))).code).toBe(code));

    expect(growth).toBeLessThan(MOST_GROWTH);
  },
  TIMEOUT_MS,
);

test(
  "8 MiB of brackets are refused before they become values",
  async () => {
    const bytes = answer("[".repeat(4 * MiB - 8) + "]".repeat(4 * MiB - 8), {
      headers: { "content-type": "application/json" },
    });
    const server = await startServer(({ socket }) => socket.write(bytes));
    const http = createClient(server);

    const growth = await growthOf(async () => {
      const error = await failureOf(http({ path: "/" }).then((response) => response.json()));
      expect(error.code).toBe("protocol");
    });

    expect(growth).toBeLessThan(MOST_GROWTH);
  },
  TIMEOUT_MS,
);

test("a head that never ends is refused at its limit, in little memory", async () => {
  const block = Buffer.from(`x-header: ${"y".repeat(50)}\r\n`.repeat(1_000));
  const server = await startSockets((socket) => {
    const write = (): void => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on("drain", write);
    socket.write("HTTP/1.1 200 OK\r\n");
    write();
  });
  const http = createClient(server);

  const growth = await growthOf(async () =>
    expect((await failureOf(http({ path: "/" }))).code).toBe("protocol"),
  );

  expect(growth).toBeLessThan(MOST_GROWTH);
});
