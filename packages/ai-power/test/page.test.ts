import { expect, test } from "vitest";
import { parsePage } from "../src/page.ts";

const config = (value: unknown): string =>
  `<div data-config='${JSON.stringify(value).replaceAll('"', "&quot;")}'></div>`;

test.each([
  ["a page without anything", "<p>Hello</p>"],
  ["an attribute of another plugin", `<div data-config="big">${config({ botId: 1 })}${config(null)}`],
  ["a nonce that is none", config({ botId: 1, nonce: "x y\r\nz" })],
  ["a chat without a nonce", '<div data-nonce="" data-post-id="1">'],
  ["a script without a nonce", '<script>wpaicgParams = {"search_nonce":""}</script>'],
])("%s tells nothing", async (_, html) => {
  expect(await parsePage(html)).toMatchObject({ bots: [] });
  expect((await parsePage(html)).generation).toBeUndefined();
});

test("attributes may have spaces round their equals sign, and a stray character", async () => {
  const html = `<div class="wpaicg-chatbox" data-nonce = "324539bcad" data-post-id = "<8" data-bot-id = "4">`;

  expect(await parsePage(html)).toEqual({
    generation: "classic",
    nonce: "324539bcad",
    ajaxPath: undefined,
    bots: [{ id: "4", postId: "8", popup: true }],
  });
});

test("the newer generation goes before what the older one left in a script", async () => {
  const html = `<script>wpaicgParams = {"search_nonce":"324539bcad"}</script>${config({ botId: "8", nonce: "c700006fbf", postId: 3 })}`;

  expect(await parsePage(html)).toEqual({
    generation: "aipkit",
    nonce: "c700006fbf",
    ajaxPath: undefined,
    bots: [{ id: "8", postId: "3", popup: false, streams: true }],
  });
});

test.each([
  ["https://elsewhere.invalid/blog/wp-admin/admin-ajax.php", "/blog/wp-admin/admin-ajax.php"],
  ["/wp-admin/admin-ajax.php", "/wp-admin/admin-ajax.php"],
  ["https://elsewhere.invalid/collect", undefined],
  ["http://", undefined],
  [7, undefined],
])("of the address %s only the path counts", async (ajaxUrl, expected) => {
  const page = await parsePage(config({ botId: 8, nonce: "c700006fbf", ajaxUrl }));

  expect(page.ajaxPath).toBe(expected);
});

test("a page of two megabytes without an end is read in no time", async () => {
  const started = performance.now();

  await parsePage(`${'<div data-nonce="'.repeat(60_000)}wpaicgParams${'"ajax_url":"'.repeat(60_000)}`);

  expect(performance.now() - started).toBeLessThan(2_000);
});
