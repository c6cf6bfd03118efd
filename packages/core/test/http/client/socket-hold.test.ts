import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { failureOf, until } from "../../providers.ts";
import { chunk, chunkedHead, createClient, startServer, type TestServer } from "../../servers.ts";

/** A server that ends each answer with a reset, so long behind a body that ends with its connection. */
function startResetting(type: string, body: string, delayMs = 50): Promise<TestServer> {
  return startServer(async ({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: ${type}\r\n\r\n${body}`);
    if (delayMs > 0) await delay(delayMs);
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

test("a reset that comes with the last bytes is no end, though Node.js tells it as one", async () => {
  const http = createClient(await startResetting("text/plain", "half of an", 0));

  for (let call = 0; call < 20; call++) {
    const text = http({ path: "/" }).then((response) => response.text());
    expect(await failureOf(text)).toMatchObject({ code: expect.stringMatching(/^(interrupted|network)$/) });
  }
});

test.each([150_000, 1_500_000])(
  "a reset that waits behind %i bytes for a slow reader is no end",
  async (length) => {
    const http = createClient(await startResetting("text/plain", "x".repeat(length)));
    const response = await http({ path: "/" });
    // the reader comes when the connection has long been reset
    await delay(150);

    expect(await failureOf(response.text())).toMatchObject({ code: "interrupted" });
  },
);

// nodejs/undici #5360, #5389, #5393
test("an end that waits behind many bytes for a slow reader is one", async () => {
  const server = await startServer(({ socket }) => {
    socket.end(
      `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\n${"x".repeat(150_000)}`,
    );
    // behind the end a reset harms nothing
    setTimeout(() => socket.resetAndDestroy(), 50);
  });
  const response = await createClient(server)({ path: "/" });
  // the reader comes when the connection has long been reset
  await delay(150);

  expect(await response.text()).toHaveLength(150_000);
});

test("JSON shows by itself that it is whole, also behind a reset", async () => {
  const http = createClient(await startResetting("application/json", '{"text":"whole"}'));
  const response = await http({ path: "/" });

  expect(await response.json()).toEqual({ text: "whole" });
});

test("what a held connection has read when it is reset is given before the failure", async () => {
  const KiB = 1024;
  const server = await startServer(async ({ socket }) => {
    // more than may wait, so the connection is held from here on
    socket.write(chunkedHead("text/plain") + chunk("x".repeat(70 * KiB)));
    // the pieces arrive one by one
    await delay(50);
    socket.write(chunk("y".repeat(4 * KiB)));
    // the last one has arrived by then
    await delay(50);
    socket.resetAndDestroy();
  });
  const response = await createClient(server)({ path: "/" });
  await until(() => server.open === 0);
  // the reset has arrived by then
  await delay(20);
  let length = 0;

  const failure = await failureOf(
    (async () => {
      for await (const bytes of response.bytes()) length += bytes.length;
    })(),
  );

  expect(length).toBe(74 * KiB);
  expect(failure).toMatchObject({ code: "interrupted" });
});
