import { expect, test } from "vitest";
import { createHttpClient } from "../../../src/http/client/client.ts";
import { checkLogin, resolveProxy } from "../../../src/http/client/proxy.ts";
import { thrownBy } from "../../providers.ts";
import { startSockets } from "../../servers.ts";

const ORIGIN = "https://api.toy.example";

test.each<[string, string | false | undefined, NodeJS.ProcessEnv, string | undefined]>([
  ["the setting", "http://set:1", { HTTPS_PROXY: "http://env:1" }, "http://set:1/"],
  ["no proxy for `false`", false, { HTTPS_PROXY: "http://env:1" }, undefined],
  ["HTTPS_PROXY", undefined, { HTTPS_PROXY: "http://env:1", HTTP_PROXY: "http://plain:1" }, "http://env:1/"],
  ["HTTP_PROXY when there is no other", undefined, { HTTP_PROXY: "http://plain:1" }, "http://plain:1/"],
  [
    "the name in small letters first",
    undefined,
    { https_proxy: "http://small:1", HTTPS_PROXY: "http://env:1" },
    "http://small:1/",
  ],
  ["nothing for an empty value", undefined, { https_proxy: "", HTTPS_PROXY: "http://env:1" }, undefined],
  ["nothing without any", undefined, {}, undefined],
  ["a SOCKS proxy", "socks5://127.0.0.1:1080", {}, "socks5://127.0.0.1:1080"],
])("%s is taken", (_, setting, environment, expected) => {
  expect(resolveProxy("toy", new URL(ORIGIN), setting, environment)?.href).toBe(expected);
});

test("a plain origin takes HTTP_PROXY alone", () => {
  const origin = new URL("http://toy.example");

  expect(resolveProxy("toy", origin, undefined, { HTTPS_PROXY: "http://env:1" })).toBeUndefined();
  expect(resolveProxy("toy", origin, undefined, { HTTP_PROXY: "http://env:1" })?.hostname).toBe("env");
});

test.each([
  ["*", ORIGIN, true],
  ["api.toy.example", ORIGIN, true],
  ["toy.example", ORIGIN, true],
  [".toy.example", ORIGIN, true],
  ["*.toy.example", ORIGIN, true],
  ["TOY.example", ORIGIN, true],
  ["other.example, api.toy.example", ORIGIN, true],
  ["api.toy.example:443", ORIGIN, true],
  ["api.toy.example:8443", ORIGIN, false],
  ["oy.example", ORIGIN, false],
  ["other.example", ORIGIN, false],
  ["", ORIGIN, false],
  ["127.0.0.1", "https://127.0.0.1:8443", true],
  ["::1", "https://[::1]:8443", true],
  ["[::1]:8443", "https://[::1]:8443", true],
])("NO_PROXY %j exempts %s: %s", (exempt, origin, exempted) => {
  const environment = { HTTPS_PROXY: "http://env:1", NO_PROXY: exempt };

  const proxy = resolveProxy("toy", new URL(origin), undefined, environment);

  expect(proxy === undefined).toBe(exempted);
});

test.each([
  ["api.toy.example:80", "http://api.toy.example", true],
  ["api.toy.example:443", "http://api.toy.example", false],
  ["api.toy.example:8080", "http://api.toy.example:8080", true],
  ["  other.example\n  toy.example ,", "http://api.toy.example", true],
  ["api.toy.exampl", "http://api.toy.example", false],
  ["2001:db8::1", "http://[2001:db8::1]", true],
  ["2001:db8::2", "http://[2001:db8::1]", false],
  ["[2001:db8::1]", "http://[2001:db8::1]", true],
])("NO_PROXY %j exempts the plain origin %s: %s", (exempt, origin, exempted) => {
  const environment = { HTTP_PROXY: "http://env:1", no_proxy: exempt };

  expect(resolveProxy("toy", new URL(origin), undefined, environment) === undefined).toBe(exempted);
});

test("what is wrong with a proxy is told, and where it was set", () => {
  const messageOf = (setting: string | undefined, environment: NodeJS.ProcessEnv): string =>
    thrownBy(() => resolveProxy("toy", new URL(ORIGIN), setting, environment)).message;

  expect(messageOf("ftp://proxy:1", {})).toContain(
    "setting `proxy` is no URL, expected one with http: https: socks5: or socks5h:",
  );
  expect(messageOf(undefined, { HTTPS_PROXY: "http://us%er@proxy:1" })).toContain(
    "the proxy of the environment holds a user or password that is not URL-encoded",
  );
});

test.each(["proxy.example", "pro xy:3128", "proxy:port", "http://", "a/b:80", "a@b@c:80", "::1:80"])(
  "%j is no proxy",
  (setting) => {
    expect(thrownBy(() => resolveProxy("toy", new URL(ORIGIN), setting, {})).code).toBe("config");
  },
);

test.each([
  ["proxy:3128/", "http://proxy:3128/"],
  ["SOCKS5H://proxy:1080", "socks5://proxy:1080"],
  ["https://proxy/", "https://proxy/"],
])("%s is taken as %s", (setting, expected) => {
  expect(resolveProxy("toy", new URL(ORIGIN), setting, {})?.href).toBe(expected);
});

test("the setting goes over NO_PROXY", () => {
  expect(resolveProxy("toy", new URL(ORIGIN), "http://set:1", { NO_PROXY: "*" })?.hostname).toBe("set");
});

test.each(["hidden", "ftp://user:hidden@proxy:1", "socks4://hidden:1", "http://us%er:hidden@proxy:1"])(
  "%s is a config error that does not show it",
  (value) => {
    for (const [setting, environment] of [
      [value, {}],
      [undefined, { HTTPS_PROXY: value }],
    ] as const) {
      const error = thrownBy(() => resolveProxy("toy", new URL(ORIGIN), setting, environment));

      expect(error).toMatchObject({ code: "config", provider: "toy" });
      expect(error.message).not.toContain("hidden");
    }
  },
);

test.each(["127.0.0.1", "127.8.9.10", "localhost", "api.localhost", "[::1]", "localhost."])(
  "the environment's proxy is not for %s, and the setting's is",
  (host) => {
    const origin = new URL(`http://${host}:11434`);

    expect(resolveProxy("toy", origin, undefined, { HTTP_PROXY: "http://env:1" })).toBeUndefined();
    expect(resolveProxy("toy", origin, "http://set:1", {})?.hostname).toBe("set");
  },
);

test.each([
  ["proxy.example:3128", "http://proxy.example:3128/"],
  ["127.0.0.1:3128", "http://127.0.0.1:3128/"],
  ["[::1]:3128", "http://[::1]:3128/"],
  ["me:secret@proxy.example:3128", "http://me:secret@proxy.example:3128/"],
  ["socks5h://proxy.example:1080", "socks5://proxy.example:1080"],
])("%s is taken, as other programs take it", (setting, expected) => {
  expect(resolveProxy("toy", new URL(ORIGIN), setting, {})?.href).toBe(expected);
});

test("a SOCKS login of more bytes than its length byte can say is a config error that does not show it", () => {
  const check = (login: string) => () => checkLogin("toy", new URL(`socks5://${login}@proxy:1080`));

  expect(check(`user:${"p".repeat(255)}`)).not.toThrow();
  expect(check(`user:${"p".repeat(256)}`)).toThrow(
    "the proxy has a user or password of more bytes than SOCKS5 allows, expected 255",
  );
  expect(() => checkLogin("toy", new URL(`http://user:${"p".repeat(256)}@proxy:80`))).not.toThrow();
  expect(() => checkLogin("toy", undefined)).not.toThrow();
  expect(check(`${"%C3%BC".repeat(128)}:p`)).toThrow(expect.objectContaining({ code: "config" }));
});

test("a call through a SOCKS proxy that cannot be given its login opens no connection", async () => {
  const server = await startSockets(() => {});
  const proxy = `socks5://user:${"p".repeat(300)}@127.0.0.1:${server.port}`;
  const http = createHttpClient({ provider: "toy", origin: ORIGIN }, { proxy });

  await expect(http({ path: "/" })).rejects.toMatchObject({ code: "config" });
  await http.close();
  expect(server.connections).toBe(0);
});
