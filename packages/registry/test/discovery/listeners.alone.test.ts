import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { createListeners } from "../../src/discovery/listeners.ts";

async function listen(
  port = 0,
): Promise<{ readonly server: Server; readonly baseURL: string; readonly port: number }> {
  const server = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port: chosen } = server.address() as AddressInfo;
  return { server, baseURL: `http://127.0.0.1:${chosen}/v1`, port: chosen };
}

test("a server that listens is found, and one that does not is not", async () => {
  const up = await listen();
  const down = await listen();
  down.server.close();
  await once(down.server, "close");
  const listeners = createListeners();
  listeners.add("up", up.baseURL);
  listeners.add("down", down.baseURL);
  listeners.assign(["up", "down"]);

  await listeners.look();

  expect(listeners.isListening(up.baseURL)).toBe(true);
  expect(listeners.isListening(down.baseURL)).toBe(false);
});

test("one address is one server: the first that expects it there owns it", () => {
  const listeners = createListeners();
  listeners.add("second", "http://127.0.0.1:8080/v1");
  listeners.add("first", "http://127.0.0.1:8080/engines/v1");

  listeners.assign(["first", "second"]);

  expect(listeners.ownerOf("http://127.0.0.1:8080/v1")).toBe("first");
});

test("a server that starts later is found by the question after next", async () => {
  const early = await listen();
  early.server.close();
  await once(early.server, "close");
  const listeners = createListeners();
  listeners.add("late", early.baseURL);
  listeners.assign(["late"]);
  await listeners.look();
  vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60_000);
  onTestFinished(() => void vi.restoreAllMocks());
  await listen(early.port);

  expect(listeners.isListening(early.baseURL)).toBe(false);

  await vi.waitFor(() => expect(listeners.isListening(early.baseURL)).toBe(true));
});
