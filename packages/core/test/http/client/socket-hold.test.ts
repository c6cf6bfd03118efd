import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { failureOf } from "../../providers.ts";
import { createClient, startServer, type TestServer } from "../../servers.ts";

/** A server that ends each answer with a reset, behind a body that ends with its connection. */
function startResetting(type: string, body: string): Promise<TestServer> {
  return startServer(async ({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: ${type}\r\n\r\n${body}`);
    // a reset that comes with the last bytes is told as an end by Node.js itself
    await delay(50);
    socket.resetAndDestroy();
  });
}

test("a body that ends with its connection is cut where that was reset", async () => {
  const http = createClient(await startResetting("text/plain", "half of an"));
  const response = await http({ path: "/" });

  expect(await failureOf(response.text())).toMatchObject({ code: "interrupted" });
});

test("what had come before a reset is given before it", async () => {
  const http = createClient(await startResetting("text/plain", "half of an"));
  const bytes = (await http({ path: "/" })).bytes()[Symbol.asyncIterator]();

  expect(String(Buffer.from((await bytes.next()).value ?? []))).toBe("half of an");
  expect(await failureOf(bytes.next())).toMatchObject({ code: "interrupted" });
});

test("JSON shows by itself that it is whole, also behind a reset", async () => {
  const http = createClient(await startResetting("application/json", '{"text":"whole"}'));
  const response = await http({ path: "/" });

  expect(await response.json()).toEqual({ text: "whole" });
});
