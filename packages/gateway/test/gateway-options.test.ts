import { setImmediate } from "node:timers/promises";
import type { Registry } from "@fallthrough/registry";
import { expect, test } from "vitest";
import { createGateway, type GatewayServerOptions, startGateway } from "../src/index.ts";
import { answer, memoryProvider, post, registryOf } from "./case.ts";

const registry = registryOf(memoryProvider("one", answer("hi")));

test.each([
  [{ keepAliveMs: 5 }, "option `keepAliveMs` is unknown, expected `keepaliveMs`"],
  [{ keepaliveMs: "15s" }, "option `keepaliveMs` is a text, expected milliseconds, or 0"],
  [{ writeMs: -1 }, "option `writeMs` is the number -1, expected milliseconds"],
  [{ graceMs: Number.NaN }, "option `graceMs` is NaN, expected milliseconds"],
  [{ graceMs: null }, "option `graceMs` is null, expected milliseconds"],
  [{ maxCalls: 0 }, "option `maxCalls` is the number 0, expected a whole number from 1"],
  [{ bodyBytes: 1.5 }, "option `bodyBytes` is the number 1.5, expected a whole number from 1"],
  [{ hosts: "my-machine" }, "option `hosts` is a text, expected a list"],
  [{ token: ["s3cret"] }, "option `token` is a list, expected a text"],
  [{ tokens: { ada: { models: [] } } }, "option `tokens.ada.token` is missing, expected a text"],
  [
    { tokens: { ada: { token: "t", model: "m" } } },
    "option `tokens.ada.model` is unknown, expected `models`",
  ],
  [{ port: 70_000 }, "option `port` is the number 70000, expected a number from 0 to 65535"],
  [{ host: 7 }, "option `host` is the number 7, expected a text"],
])("%j is a config error that names the option", async (options, message) => {
  await expect(startGateway(registry, options as GatewayServerOptions)).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining(message),
  });
});

test("a handler takes no option of a server", () => {
  expect(() => createGateway(registry, { port: 1 } as object)).toThrow(
    expect.objectContaining({ code: "config", message: expect.stringContaining("`port` is unknown") }),
  );
});

test.each([0, Number.POSITIVE_INFINITY, 2 ** 40])("with %d for each timer, none fires", async (ms) => {
  const slow = registryOf(memoryProvider("one", [60, ...answer("hi")]));
  const gateway = createGateway(slow, { keepaliveMs: ms, writeMs: ms, graceMs: ms });

  const response = post(gateway, { stream: true });
  await setImmediate();
  const closed = gateway.close();
  const stream = await (await response).text();

  expect(stream).toContain('"hi"');
  expect(stream).not.toContain("keepalive");
  await closed;
});

test.each([
  [undefined, "the registry is missing, expected what createRegistry() returns"],
  [null, "the registry is null, expected what createRegistry() returns"],
  [{}, "the registry is an object without the methods of one"],
  [[], "the registry is an empty list without the methods of one"],
  ["auto", "the registry is a text, expected what createRegistry() returns"],
  [Promise.resolve(registry), "the registry is a promise, expected what createRegistry() returns: await it"],
  [() => registry, "the registry is a function, expected what createRegistry() returns: call it"],
  [memoryProvider("one", answer("hi")), "without the methods of one"],
])("%j in place of a registry is a config error that says what would be right", async (value, message) => {
  const expected = { code: "config", message: expect.stringContaining(message) };
  const running = await startGateway(registry, { port: 0 });

  expect(() => createGateway(value as Registry)).toThrow(expect.objectContaining(expected));
  await expect(startGateway(value as Registry, { port: 0 })).rejects.toMatchObject(expected);
  await expect(running.replace(value as Registry)).rejects.toMatchObject(expected);
  await running.close();
});
