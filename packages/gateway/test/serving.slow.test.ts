import { once } from "node:events";
import { connect } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { expect, test } from "vitest";
import { startGateway } from "../src/index.ts";
import { answer, memoryProvider, registryOf } from "./case.ts";

test("a head that does not end in ten seconds is answered with 408, and its connection is closed", {
  timeout: 30_000,
}, async () => {
  const provider = memoryProvider("one", answer("hi"));
  const gateway = await startGateway(registryOf(provider), { port: 0 });
  const socket = connect(gateway.port, "127.0.0.1");
  await once(socket, "connect");
  socket.write("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");

  const answered = await readAll(socket);
  await gateway.close();

  expect(answered).toMatch(/^HTTP\/1.1 408 /);
  expect(answered).toContain('"error":');
  expect(provider.requests).toEqual([]);
});
