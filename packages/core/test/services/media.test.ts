import { expect, test } from "vitest";
import type { MediaPart } from "../../src/index.ts";
import { readMedia } from "../../src/services/media.ts";

const PNG = Buffer.from("iVBORw0KGgo=", "base64");

test.each<[string, MediaPart, object]>([
  ["an address", { type: "image", data: "https://a.example/x.png" }, { url: "https://a.example/x.png" }],
  ["an URL", { type: "file", data: new URL("http://a.example/x") }, { url: "http://a.example/x" }],
  ["bytes", { type: "image", data: PNG }, { base64: "iVBORw0KGgo=", mediaType: "image/png" }],
  [
    "bytes in a larger buffer",
    { type: "image", data: new Uint8Array(Buffer.concat([Buffer.from("xx"), PNG])).subarray(2) },
    { base64: "iVBORw0KGgo=", mediaType: "image/png" },
  ],
  [
    "bytes of a given type",
    { type: "image", data: PNG, mediaType: "image/x" },
    { base64: "iVBORw0KGgo=", mediaType: "image/x" },
  ],
  ["base64 text", { type: "file", data: "JVBERi0x" }, { base64: "JVBERi0x", mediaType: "application/pdf" }],
  ["unknown bytes of an image", { type: "image", data: "AAAA" }, { base64: "AAAA", mediaType: "image/jpeg" }],
  [
    "unknown bytes of a file",
    { type: "file", data: "AAAA" },
    { base64: "AAAA", mediaType: "application/octet-stream" },
  ],
  [
    "a data URL",
    { type: "image", data: new URL("data:image/gif;base64,R0lGOD") },
    { base64: "R0lGOD", mediaType: "image/gif" },
  ],
  [
    "a data URL of text",
    { type: "file", data: "data:text/plain;charset=utf-8,a%20b" },
    { base64: Buffer.from("a b").toString("base64"), mediaType: "text/plain" },
  ],
])("%s is read", (_, part, media) => {
  expect(readMedia(part)).toEqual(media);
});

test.each([
  ["an address that no server can read", new URL("file:///etc/passwd")],
  ["a data URL that is broken", "data:text/plain,%zz"],
])("%s is a bad request", (_, data) => {
  expect(() => readMedia({ type: "file", data })).toThrow(expect.objectContaining({ code: "bad-request" }));
});
