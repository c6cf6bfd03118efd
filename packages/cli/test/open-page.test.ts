import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, test, vi } from "vitest";
import { openPage } from "../src/open-page.ts";

const URL = "http://127.0.0.1:8787/";

/** A folder with a program that writes down what it is called with. */
function place(name: string): { readonly path: string; readonly words: () => string } {
  const folder = mkdtempSync(join(tmpdir(), "fallthrough-open-"));
  const log = join(folder, "words");
  const program = join(folder, name);
  writeFileSync(program, `#!/bin/sh\necho "$@" > ${log}\n`);
  chmodSync(program, 0o755);
  return {
    path: `${folder}${delimiter}${process.env["PATH"]}`,
    words: () => readFileSync(log, "utf8").trim(),
  };
}

test.runIf(process.platform !== "win32").each([
  ["linux", "xdg-open"],
  ["darwin", "open"],
])("on %s the page is opened by %s", async (platform, name) => {
  const { path, words } = place(name);

  const isOpened = await openPage(URL, { PATH: path }, platform);

  expect(isOpened).toBe(true);
  await vi.waitFor(() => expect(words()).toBe(URL), 5_000);
});

test.runIf(process.platform !== "win32")("a browser of one's own goes first", async () => {
  const { path, words } = place("my-browser");

  await openPage(URL, { PATH: path, BROWSER: "my-browser" }, "linux");

  await vi.waitFor(() => expect(words()).toBe(URL), 5_000);
});

test("a machine without a browser is told apart", async () => {
  expect(await openPage(URL, { PATH: tmpdir() }, "linux")).toBe(false);
});
