import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { createGateway, type GatewayServerOptions, startGateway } from "../src/index.ts";
import { answer, memoryProvider, post, registryOf } from "./case.ts";

const registry = registryOf(memoryProvider("one", answer("hi")));

test.each([
  [{ keepAliveMs: 5 }, 'option "keepAliveMs" is unknown'],
  [{ keepaliveMs: "15s" }, "option `keepaliveMs` is a value of type string, expected milliseconds, or 0"],
  [{ writeMs: -1 }, "option `writeMs` is -1, expected milliseconds"],
  [{ graceMs: Number.NaN }, "option `graceMs` is NaN, expected milliseconds"],
  [{ graceMs: null }, "option `graceMs` is null, expected milliseconds"],
  [{ maxCalls: 0 }, "option `maxCalls` is 0, expected a whole number from 1"],
  [{ bodyBytes: 1.5 }, "option `bodyBytes` is 1.5, expected a whole number from 1"],
  [{ hosts: "my-machine" }, "option `hosts` is a value of type string, expected a list of strings"],
  [{ token: ["s3cret"] }, "option `token` is a list, expected a string"],
  [{ port: 70_000 }, "option `port` is 70000, expected a number from 0 to 65535"],
  [{ host: 7 }, "option `host` is 7, expected a string"],
])("%j is a config error that names the option", async (options, message) => {
  await expect(startGateway(registry, options as GatewayServerOptions)).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining(message),
  });
});

test("a handler takes no option of a server", () => {
  expect(() => createGateway(registry, { port: 1 } as object)).toThrow(
    expect.objectContaining({ code: "config", message: expect.stringContaining('"port" is unknown') }),
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
