import { expect, test } from "vitest";
import {
  isFieldValue,
  isLoopback,
  isNearby,
  mergeHeaders,
  parseBaseURL,
  parseCookies,
} from "../../../src/http/client/endpoint.ts";
import { thrownBy } from "../../providers.ts";

test.each([
  "https://toy.example",
  "https://toy.example:8443/path/",
  "http://127.0.0.1:11434/v1",
  "http://localhost:1",
  "http://api.localhost",
  "http://[::1]:1",
])("%s is a base URL", (value) => {
  expect(parseBaseURL("toy", value, {}).href).toContain(value);
});

test.each([
  ["no URL", "toy.example"],
  ["another scheme", "file:///etc/passwd"],
  ["a user", "https://user@toy.example"],
  ["a password", "https://:hidden@toy.example"],
  ["a query", "https://toy.example/?key=hidden"],
  ["a fragment", "https://toy.example/#x"],
  ["plain http to another machine", "http://toy.example"],
  ["plain http to a name like an address", "http://127.0.0.1.toy.example"],
  ["plain http to a private address", "http://192.168.0.1"],
  ["plain http to every address", "http://0.0.0.0:80"],
])("%s is a config error that shows no secret", (_, value) => {
  const error = thrownBy(() => parseBaseURL("toy", value, {}));

  expect(error).toMatchObject({ code: "config", provider: "toy" });
  expect(error.message).not.toContain("hidden");
});

test.each<[string, string]>([
  ["toy.example", 'setting `baseURL` is "toy.example", expected an http or https URL'],
  [
    "https://user@toy.example",
    "setting `baseURL` holds a user name or password, expected credentials in the `headers` setting",
  ],
  [
    "https://:secret@toy.example",
    "setting `baseURL` holds a user name or password, expected credentials in the `headers` setting",
  ],
  [
    "https://toy.example/?api-version=1&key=hidden",
    "setting `baseURL` holds a query or fragment, expected an origin and a path, and no field but `api-version`",
  ],
  [
    "https://toy.example/#x",
    "setting `baseURL` holds a query or fragment, expected an origin and a path, and no field but `api-version`",
  ],
  [
    "http://toy.example:80/x",
    'setting `baseURL` is plain http to "toy.example", expected https, or the setting `insecureHttp: true`',
  ],
])("what is wrong with %s is told, and what would be right", (value, message) => {
  expect(thrownBy(() => parseBaseURL("toy", value, {})).message).toContain(message);
});

test("the version of a server's interface may stand in its base URL", () => {
  expect(parseBaseURL("toy", "https://toy.example/x?api-version=1", {}).search).toBe("?api-version=1");
});

test("plain http to another machine needs its setting", () => {
  expect(parseBaseURL("toy", "http://toy.example", { insecureHttp: true }).origin).toBe("http://toy.example");
});

test.each([
  ["127.0.0.1", true],
  ["127.1.2.3", true],
  ["[::1]", true],
  ["LOCALHOST", true],
  ["10.0.0.1", false],
  ["localhost.example", false],
  ["[::2]", false],
  ["localhost.", true],
  ["a.b.localhost", true],
  [".localhost", false],
  ["mylocalhost", false],
  ["::1", true],
  ["1::1", false],
  ["::11", false],
  ["[::ffff:127.0.0.1]", true],
  ["[::ffff:7f00:1]", true],
  ["[::ffff:7fff:ffff]", true],
  ["[::ffff:8000:1]", false],
  ["[::ffff:7f00:1:1]", false],
  ["1::ffff:7f00:1", false],
  ["127.0.0.255", true],
  ["127.0.0", false],
  ["127.0.0.1.1", false],
  ["1127.0.0.1", false],
])("%s is loopback: %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.each([
  ["127.0.0.1", true],
  ["10.1.2.3", true],
  ["172.16.0.1", true],
  ["172.31.255.1", true],
  ["172.32.0.1", false],
  ["192.168.1.20", true],
  ["169.254.1.1", true],
  ["100.64.0.1", true],
  ["100.128.0.1", false],
  ["[fd00::1]", true],
  ["[fe80::1]", true],
  ["[2001:db8::1]", false],
  ["ollama", true],
  ["studio.local", true],
  ["box.home.arpa", true],
  ["host.docker.internal", true],
  ["10.example.com", false],
  ["fd.example", false],
  ["local.example", false],
  ["8.8.8.8", false],
  ["OLLAMA", true],
  ["box_1", true],
  ["nas.lan", true],
  ["nas.lan.example", false],
  ["lan", true],
  ["a lan", false],
  ["172.15.0.1", false],
  ["172.20.0.1", true],
  ["172.30.0.1", true],
  ["172.33.0.1", false],
  ["100.63.0.1", false],
  ["100.70.0.1", true],
  ["100.110.0.1", true],
  ["100.127.0.1", true],
  ["100.129.0.1", false],
  ["1.10.0.1", false],
  ["192.169.0.1", false],
  ["[::ffff:10.0.0.1]", true],
  ["[fc00::1]", true],
  ["[fe00::1]", false],
  ["[fe80::1]", true],
  ["[febf::1]", true],
  ["[fec0::1]", false],
  ["[1:fd00::1]", false],
  ["[1:fe80::1]", false],
])("%s is this machine or in a private network: %s", (host, expected) => {
  expect(isNearby(host)).toBe(expected);
});

test("header names are lower-case and the later go over the earlier", () => {
  expect(mergeHeaders("toy", { Accept: "a", "X-One": "1" }, undefined, { accept: "b" })).toEqual({
    accept: "b",
    "x-one": "1",
  });
});

test.each([
  ["a line break in a value", { "x-key": "hidden\r\nx-evil: 1" }],
  ["a line feed in a value", { "x-key": "hidden\nx-evil: 1" }],
  ["a NUL in a value", { "x-key": "hidden\0" }],
  ["a line break in a name", { "x-key\r\nx-evil": "hidden" }],
  ["a space in a name", { "x key": "hidden" }],
  ["an empty name", { "": "hidden" }],
])("%s is a config error that does not show the value", (_, headers) => {
  const error = thrownBy(() => mergeHeaders("toy", headers));

  expect(error.code).toBe("config");
  expect(error.message).not.toContain("hidden");
});

test("what is wrong with a header is told, and what would be right", () => {
  const messageOf = (headers: Record<string, string>): string =>
    thrownBy(() => mergeHeaders("toy", headers)).message;

  expect(messageOf({ "x key": "a" })).toContain(
    'header "x key" has a name that HTTP cannot carry, expected letters, digits and hyphens',
  );
  expect(messageOf({ "Content-Length": "5" })).toContain(
    'header "Content-Length" belongs to the connection, expected none of that name',
  );
  expect(messageOf({ "x-key": "Ā" })).toContain(
    'header "x-key" holds a character that HTTP cannot carry, expected Latin letters without line breaks',
  );
});

test("a header that is undefined is none", () => {
  expect(mergeHeaders("toy", { a: "1", b: "2" }, { a: undefined })).toEqual({ a: "1", b: "2" });
});

test.each([
  ["", true],
  ["a b\tc ü~", true],
  ["a\nb", false],
  ["\u0001", false],
  ["a\u007f", false],
  ["Āa", false],
])("HTTP can carry %j as a value: %s", (value, expected) => {
  expect(isFieldValue(value)).toBe(expected);
});

test("cookies of the settings are taken as a browser shows them", () => {
  expect(parseCookies("toy", { session: "a b=c%20" })).toEqual({ session: "a b=c%20" });
  expect(parseCookies("toy")).toEqual({});
});

test.each([
  ["a semicolon in a value", "session", "hidden; path=/"],
  ["a line break in a value", "session", "hidden\nx"],
  ["a space in a name", "my session", "hidden"],
  ["an empty name", "", "hidden"],
])("%s of a cookie is a config error that does not show the value", (_, name, value) => {
  const error = thrownBy(() => parseCookies("toy", { good: "1", [name]: value }));

  expect(error).toMatchObject({ code: "config", provider: "toy" });
  expect(error.message).toContain(
    `cookie "${name}" holds a character that HTTP cannot carry, expected its value as a browser shows it`,
  );
});
