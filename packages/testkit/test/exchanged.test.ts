import { expect, test } from "vitest";
import { exchangeBytes, exchangedOrigin, exchangeText } from "../src/exchanged.ts";

test("an origin is exchanged wherever it stands, in JSON too", () => {
  const exchanged = exchangedOrigin("http://a:1", "http://b:23");

  expect(exchangeText('http://a:1/ "http:\\/\\/a:1\\/x" http://a:1', exchanged)).toBe(
    'http://b:23/ "http:\\/\\/b:23\\/x" http://b:23',
  );
});

test("bytes that are no text survive the exchange", () => {
  const bytes = Buffer.from([0xf0, 0x9f, 0x61, 0xff]);

  expect(exchangeBytes(bytes, [["a", "$&"]])).toEqual(Buffer.from([0xf0, 0x9f, 0x24, 0x26, 0xff]));
});
