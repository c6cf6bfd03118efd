import { expect, test } from "vitest";
import { decodeText } from "../src/decode-text.ts";

const TEXT = "Gr\u00fc\u00dfe, \u4f60\u597d";

test.each([
  ["UTF-8", Buffer.from(TEXT)],
  ["UTF-8 with a mark", Buffer.from(`\uFEFF${TEXT}`)],
  ["UTF-16 as PowerShell writes it", Buffer.from(`\uFEFF${TEXT}`, "utf16le")],
  ["UTF-16 the other way round", Buffer.from(`\uFEFF${TEXT}`, "utf16le").swap16()],
  ["UTF-16 without a mark", Buffer.from(TEXT, "utf16le")],
])("%s is read", (_, bytes) => {
  expect(decodeText(bytes)).toEqual({ text: TEXT, replaced: 0 });
});

test("bytes that are no text are counted, and a character that says so itself is not", () => {
  expect(decodeText(Buffer.from("a\uFFFDb"))).toEqual({ text: "a\uFFFDb", replaced: 0 });
  expect(decodeText(Buffer.concat([Buffer.from("a\uFFFD"), Buffer.from([0xff])]))).toEqual({
    text: "a\uFFFD\uFFFD",
    replaced: 1,
  });
});
