// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
import { expect, test } from "vitest";
import { interpolate, parseConfig } from "../src/config.ts";

test("a configuration with every key is returned as it is", () => {
  const config = {
    settings: { pizzagpt: { baseURL: "http://127.0.0.1:1", proxy: false } },
    order: ["pizzagpt"],
    allow: ["@fallthrough/provider-pizzagpt"],
    deny: [],
    aliases: { fast: "pizzagpt", any: ["fast", "pizzagpt/gpt-4o-mini"] },
    timeouts: { totalMs: 0, commitMs: 1.5 },
  };

  expect(parseConfig(config)).toEqual(config);
});

test.each([
  ["a list", [], "the configuration is an empty list, expected an object"],
  ["an unknown key", { setting: {} }, "key `setting` is unknown, expected `settings`"],
  [
    "a key of every object",
    { constructor: {} },
    "key `constructor` is unknown, expected settings, servers, order,",
  ],
  ["settings that are a list", { settings: [] }, "key `settings` is an empty list, expected an object"],
  ["settings of one provider that are text", { settings: { a: "x" } }, "key `settings.a` is a text"],
  ["an order that is text", { order: "a" }, "key `order` is a text, expected a list"],
  ["an allow list with a number", { allow: [1] }, "key `allow[0]` is the number 1, expected a text"],
  ["an alias that is a number", { aliases: { fast: 1 } }, "key `aliases.fast` is the number 1"],
  [
    "an alias that is null",
    { aliases: { fast: null } },
    "key `aliases.fast` is null, expected a model reference",
  ],
  ["an unknown timer", { timeouts: { total: 1 } }, "key `timeouts.total` is unknown, expected"],
  ["a timer that is text", { timeouts: { totalMs: "1" } }, "key `timeouts.totalMs` is a text"],
  ["a timer below zero", { timeouts: { totalMs: -1 } }, "key `timeouts.totalMs` is the number -1"],
])("%s is a config error that names the key", (_, value, message) => {
  expect(() => parseConfig(value)).toThrow(
    expect.objectContaining({ code: "config", message: expect.stringContaining(message) }),
  );
});

test("a value out of place is not quoted, as it may be a secret", () => {
  expect(() => parseConfig({ settings: { a: "hunter2" } })).not.toThrow("hunter2");
});

test("variables are replaced in texts at any depth, and nothing else is", () => {
  const environment = { HOST: "127.0.0.1", PORT: "80", EMPTY: "" };

  const value = interpolate(
    { "${HOST}": ["http://${HOST}:${PORT}/", { deep: "$HOST ${EMPTY}|" }, 1, null] },
    environment,
  );

  expect(value).toEqual({ "${HOST}": ["http://127.0.0.1:80/", { deep: "$HOST |" }, 1, null] });
});

test("a missing variable is named, and no other value is", () => {
  const act = () => interpolate({ a: "hunter2 ${PASSWORD} ${MISSING}" }, { PASSWORD: "hunter3" });

  expect(act).toThrow(
    expect.objectContaining({ code: "config", message: "environment variable `MISSING` is not set" }),
  );
});
